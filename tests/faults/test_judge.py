"""The judge of the campaigns finds what it is there to find, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exconn.contracts import Checks
from exconn.ledger import Job, State
from exconn.stream import Number, StatusMessage
from tests.support.fault_runs.evidence import Clear
from tests.support.fault_runs.judge import Verdict, judge, unshown
from tests.support.fault_runs.points import POINTS
from tests.support.fault_runs.trial import Trial

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PHONE, LATER_PHONE = "phone", "the same phone enrolled anew"


def a_trial(**changes: Any) -> Trial:
    trial = Trial(number=1, point=POINTS[0], connector="field-0", guid=PHONE, nonce="n", job="wipe-1")
    return replace(trial, **changes)


def a_job(**changes: Any) -> Job:
    job = Job(
        id="wipe-1",
        kind="wipe",
        connector="field-0",
        service="actions",
        state=State.SETTLED,
        payload="{}",
        checks=Checks.ERASE,
        created=NOON,
        outcome="succeeded",
        phase="acknowledged",
    )
    return replace(job, **changes)


def a_message(
    sequence: int, number: Number, at: datetime = NOON, job: str = "wipe-1", purpose: str = "issue"
) -> StatusMessage:
    data = {"purpose": purpose} if number is Number.ISSUING else {}
    return StatusMessage(
        id=f"{sequence}-0", sequence=sequence, number=number, connector="field-0", at=at, job=job, data=data
    )


def a_clear(at: datetime = NOON, guid: str = PHONE, *, cancel: bool = False) -> Clear:
    return Clear(guid=guid, at=at, cancel=cancel)


GOOD_RECORDS = [
    a_message(1, Number.JOB_QUEUED),
    a_message(2, Number.ISSUING, NOON - SECOND),
    a_message(3, Number.WIPE_ISSUED),
]


def counts(verdict: Verdict) -> tuple[int, int, int, int]:
    return (len(verdict.lost), len(verdict.doubled), len(verdict.unaudited), len(verdict.stale))


def test_a_wipe_that_was_issued_once_on_record_and_acknowledged_is_fine() -> None:
    assert counts(judge([a_trial()], {"wipe-1": a_job()}, [a_clear()], GOOD_RECORDS)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "job",
    [
        None,
        a_job(state=State.QUEUED, outcome=""),
        a_job(state=State.HELD, outcome=""),
        a_job(outcome="failed"),
        a_job(outcome="gone"),
    ],
    ids=["unknown", "open", "held", "failed", "gone"],
)
def test_a_wipe_without_its_end_is_lost(job: Job | None) -> None:
    jobs = {} if job is None else {"wipe-1": job}

    assert counts(judge([a_trial()], jobs, [a_clear()], GOOD_RECORDS)) == (1, 0, 0, 0)


def test_a_wipe_that_claims_success_without_a_cmdlet_is_lost() -> None:
    assert counts(judge([a_trial()], {"wipe-1": a_job()}, [], GOOD_RECORDS)) == (1, 0, 0, 0)


def test_a_request_that_was_never_accepted_is_lost() -> None:
    assert counts(judge([a_trial(job="")], {}, [], GOOD_RECORDS))[0] == 1


CANCELLED = a_job(outcome="cancelled", phase="closed")
TAKEN_BACK = [*GOOD_RECORDS, a_message(4, Number.ISSUING, NOON, purpose="withdraw")]


@pytest.mark.parametrize(
    ("job", "clears", "lost"),
    [
        (CANCELLED, [], 0),
        (CANCELLED, [a_clear(), a_clear(NOON + SECOND, cancel=True)], 0),
        (a_job(), [a_clear()], 0),
        (a_job(), [a_clear(), a_clear(NOON + SECOND, cancel=True)], 0),
        (CANCELLED, [a_clear()], 1),
        (a_job(), [], 1),
        (a_job(state=State.HELD, outcome=""), [a_clear()], 1),
        (a_job(outcome="failed"), [a_clear()], 1),
    ],
    ids=["before it", "taken back", "too late", "too late after all", "left", "never done", "held", "failed"],
)
def test_a_wipe_that_was_cancelled_is_taken_back_or_was_faster(job: Job, clears: list[Clear], lost: int) -> None:
    assert counts(judge([a_trial(cancelled=True)], {"wipe-1": job}, clears, TAKEN_BACK)) == (lost, 0, 0, 0)


def test_a_wipe_that_ends_as_cancelled_though_nobody_cancelled_it_is_lost() -> None:
    assert counts(judge([a_trial()], {"wipe-1": CANCELLED}, [], GOOD_RECORDS)) == (1, 0, 0, 0)


def test_a_record_that_may_not_follow_is_illegal() -> None:
    found = judge([], {}, [], [replace(a_message(1, Number.JOB_CLAIMED), state="claimed")])

    assert len(found.illegal) == 1


def test_two_cmdlets_are_a_double_even_when_both_are_on_record() -> None:
    records = [*GOOD_RECORDS, a_message(4, Number.ISSUING)]

    found = judge([a_trial()], {"wipe-1": a_job()}, [a_clear(), a_clear(NOON + SECOND)], records)

    assert counts(found) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    "records",
    [
        [a_message(1, Number.JOB_QUEUED)],
        [a_message(1, Number.ISSUING, NOON + SECOND)],
        [a_message(1, Number.ISSUING, NOON - SECOND, job="wipe-2")],
    ],
    ids=["none", "after the cmdlet", "another job's"],
)
def test_a_cmdlet_without_a_record_before_it_is_unaudited(records: list[StatusMessage]) -> None:
    assert counts(judge([a_trial()], {"wipe-1": a_job()}, [a_clear()], records)) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("records", "unaudited"),
    [
        ([a_message(4, Number.ISSUING, NOON + SECOND, purpose="withdraw")], 0),
        ([], 1),
        ([a_message(4, Number.ISSUING, NOON + SECOND, purpose="issue")], 1),
        ([a_message(4, Number.ISSUING, NOON + 3 * SECOND, purpose="withdraw")], 1),
        ([a_message(4, Number.ISSUING, NOON + SECOND, job="wipe-2", purpose="withdraw")], 1),
    ],
    ids=["on record", "none", "a record to issue", "after the cmdlet", "another job's"],
)
def test_a_cancellation_needs_a_record_of_its_own_before_it(records: list[StatusMessage], unaudited: int) -> None:
    clears = [a_clear(), a_clear(NOON + 2 * SECOND, cancel=True)]

    found = judge([a_trial()], {"wipe-1": a_job()}, clears, [*GOOD_RECORDS, *records])

    assert counts(found) == (0, 0, unaudited, 0)


def test_a_record_to_withdraw_is_none_of_a_wipe() -> None:
    records = [a_message(1, Number.ISSUING, NOON - SECOND, purpose="withdraw")]

    assert counts(judge([a_trial()], {"wipe-1": a_job()}, [a_clear()], records)) == (0, 0, 1, 0)


def test_each_of_two_cancellations_needs_its_own_record() -> None:
    clears = [a_clear(), a_clear(NOON + SECOND, cancel=True), a_clear(NOON + 2 * SECOND, cancel=True)]
    records = [*GOOD_RECORDS, a_message(4, Number.ISSUING, purpose="withdraw")]

    assert counts(judge([a_trial()], {"wipe-1": a_job()}, clears, records)) == (0, 0, 1, 0)


def test_a_gap_in_the_numbers_is_unaudited() -> None:
    records = [GOOD_RECORDS[0], GOOD_RECORDS[1], a_message(4, Number.WIPE_ISSUED)]

    assert counts(judge([a_trial()], {"wipe-1": a_job()}, [a_clear()], records)) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("shown", "found"), [([1, 2, 3], 0), ([1, 3], 1), ([1, 2, 2, 3], 1), ([], 3)], ids=["all", "gap", "twice", "none"]
)
def test_a_record_that_the_read_model_does_not_show_once_is_unaudited(shown: list[int], found: int) -> None:
    assert len(unshown(GOOD_RECORDS, shown)) == found


def test_a_cmdlet_that_nobody_asked_for_is_unaudited() -> None:
    for cancel in (False, True):
        stranger = a_clear(guid="somebody else", cancel=cancel)
        found = judge([a_trial()], {"wipe-1": a_job()}, [a_clear(), stranger], GOOD_RECORDS)

        assert counts(found) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    "second", [a_clear(NOON + 3 * SECOND), a_clear(guid=LATER_PHONE)], ids=["same object", "new object"]
)
def test_a_cmdlet_on_a_phone_that_came_back_is_stale(second: Clear) -> None:
    trial = a_trial(enrolled_at=NOON + 2 * SECOND, later_guids=[LATER_PHONE])

    found = judge([trial], {"wipe-1": a_job()}, [a_clear(), second], [*GOOD_RECORDS, a_message(4, Number.ISSUING)])

    assert len(found.stale) == 1


def test_a_cancellation_on_a_phone_that_came_back_wipes_nothing() -> None:
    trial = a_trial(enrolled_at=NOON + 2 * SECOND)
    records = [*GOOD_RECORDS, a_message(4, Number.ISSUING, purpose="withdraw")]

    found = judge([trial], {"wipe-1": a_job()}, [a_clear(), a_clear(NOON + 3 * SECOND, cancel=True)], records)

    assert counts(found) == (0, 0, 0, 0)


@pytest.mark.parametrize("outcome", ["succeeded", "gone"])
def test_the_acknowledgement_may_be_hidden_by_a_phone_that_came_back(outcome: str) -> None:
    trial = a_trial(enrolled_at=NOON + 2 * SECOND)

    assert counts(judge([trial], {"wipe-1": a_job(outcome=outcome)}, [a_clear()], GOOD_RECORDS)) == (0, 0, 0, 0)


NOT_PROVEN = a_job(outcome="cancelled", phase="closed", data={"reason": "not_proven"})
UNPROVEN = a_job(state=State.HELD, outcome="", reason="unproven")


@pytest.mark.parametrize(
    ("job", "closed", "executed", "lost"),
    [
        (NOT_PROVEN, True, [a_clear()], 0),
        (a_job(), True, [a_clear()], 0),
        (NOT_PROVEN, False, [a_clear()], 1),
        (NOT_PROVEN, True, [], 1),
        (CANCELLED, True, [a_clear()], 1),
        (UNPROVEN, False, [a_clear()], 1),
        (a_job(outcome="refused"), True, [a_clear()], 1),
    ],
    ids=["closed", "shown after all", "by itself", "never done", "as if taken back", "left held", "as not done"],
)
def test_what_a_returned_phone_hides_is_closed_by_a_person_as_not_proven(
    job: Job, closed: bool, executed: list[Clear], lost: int
) -> None:
    trial = a_trial(enrolled_at=NOON + 2 * SECOND, closed=closed)

    assert counts(judge([trial], {"wipe-1": job}, executed, GOOD_RECORDS)) == (lost, 0, 0, 0)
