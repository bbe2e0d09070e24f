"""The record of a job is replayed: what may follow what, in which epoch, phase and with which end."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from exconn.stream import Number, StatusMessage
from tests.support.streams.traces import check_record

Line = tuple[Number, str, str, int, Mapping[str, object]]

QUEUED: Line = (Number.JOB_QUEUED, "queued", "accepted", 0, {})
CLAIMED: Line = (Number.JOB_CLAIMED, "claimed", "accepted", 1, {})
BEGUN: Line = (Number.ISSUING, "claimed", "issuing", 1, {"purpose": "issue", "attempt": 1})
ISSUED: Line = (Number.WIPE_ISSUED, "waiting", "issued", 1, {})
ACKNOWLEDGED: Line = (Number.WIPE_ACKNOWLEDGED, "settled", "acknowledged", 4, {"outcome": "succeeded"})
MARKED: Line = (Number.CANCEL_MARKED, "claimed", "accepted", 1, {})
HELD_BY_BRAKE: Line = (Number.JOB_HELD, "held", "accepted", 1, {"reason": "breaker"})
LOST: Line = (Number.WORKER_LOST, "claimed", "issuing", 1, {"crashes": 1})
GONE_AFTER_ALL: Line = (Number.PARTNERSHIP_GONE, "settled", "acknowledged", 3, {"outcome": "gone"})
CANCELLED: Line = (Number.JOB_CANCELLED, "settled", "accepted", 0, {"outcome": "cancelled"})


def record(*lines: Line) -> list[StatusMessage]:
    """The record of one wipe."""
    return [
        StatusMessage(
            id=f"{place}-0",
            sequence=place,
            number=number,
            connector="hq",
            at=datetime(2026, 1, 5, tzinfo=UTC),
            job="wipe-aaaaaaaaaaaaaaaa",
            kind="wipe",
            state=state,
            phase=phase,
            epoch=epoch,
            data=data,
        )
        for place, (number, state, phase, epoch, data) in enumerate(lines, start=1)
    ]


def test_a_wipe_that_goes_regularly_is_legal_with_looks_that_say_nothing() -> None:
    assert check_record(record(QUEUED, CLAIMED, BEGUN, ISSUED, ACKNOWLEDGED)) == []


def test_a_worker_that_was_lost_and_its_successor_are_legal() -> None:
    again: Line = (Number.JOB_CLAIMED, "claimed", "issuing", 2, {})
    assert check_record(record(QUEUED, CLAIMED, BEGUN, LOST, again, (*ISSUED[:3], 2, {}))) == []


def test_a_release_lets_a_job_go_on_that_a_brake_holds() -> None:
    released: Line = (Number.JOB_RELEASED, "queued", "accepted", 1, {"held_for": "breaker"})
    assert check_record(record(QUEUED, CLAIMED, HELD_BY_BRAKE, released, (*CLAIMED[:3], 2, {}))) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((CLAIMED,), "which nobody put in"),
        ((QUEUED, QUEUED), "put in before"),
        ((QUEUED, CANCELLED, CLAIMED), "had ended"),
        ((QUEUED, BEGUN), "does not become claimed by begin"),
        ((QUEUED, CLAIMED, HELD_BY_BRAKE, (*CLAIMED[:3], 2, {})), "does not become claimed by claim or renew"),
        ((QUEUED, CLAIMED, (*CLAIMED[:3], 1, {})), "epoch is 1 after 1"),
        ((QUEUED, (*CLAIMED[:3], 2, {})), "epoch is 2 after 0"),
        ((QUEUED, CLAIMED, (*BEGUN[:3], 2, BEGUN[4])), "epoch is 2 after 1"),
        ((QUEUED, CLAIMED, (*ISSUED[:2], "sent", 1, {})), "phase sent may not follow accepted"),
        ((QUEUED, CLAIMED, BEGUN, BEGUN), "counts 1 beginnings"),
        ((QUEUED, CLAIMED, MARKED, BEGUN), "begins what was cancelled"),
        (
            (QUEUED, CLAIMED, BEGUN, (Number.JOB_REFUSED, "settled", "closed", 1, {"outcome": "refused"})),
            "had begun, and ends as refused",
        ),
        ((QUEUED, CLAIMED, BEGUN, ISSUED, (*CANCELLED[:2], "issued", 1, CANCELLED[4])), "epoch is 1 after 1"),
        ((QUEUED, CLAIMED, BEGUN, ISSUED, GONE_AFTER_ALL), "acknowledged, and the outcome is gone"),
        ((QUEUED, CLAIMED, (Number.JOB_SUCCEEDED, "settled", "accepted", 1, {"outcome": "succeeded"})), "in phase"),
        ((QUEUED, CLAIMED, (Number.JOB_HELD, "held", "accepted", 1, {"reason": "device_silent"})), "no reason to hold"),
        ((QUEUED, CLAIMED, (Number.JOB_WAITING, "waiting", "accepted", 1, {"reason": "moon"})), "no reason 'moon'"),
        ((QUEUED, (*CANCELLED[:4], {})), "does not go with outcome None"),
    ],
)
def test_what_may_not_happen_is_told(lines: tuple[Line, ...], said: str) -> None:
    found = check_record(record(*lines))

    assert len(found) == 1
    assert said in found[0]


def test_a_job_may_begin_in_the_middle_where_the_stream_was_trimmed() -> None:
    lines = (CLAIMED, (*BEGUN[:4], {"purpose": "issue", "attempt": 3}), ISSUED)

    assert check_record(record(*lines), from_the_start=False) == []


def test_messages_of_no_job_are_passed_over() -> None:
    nobody = StatusMessage(
        id="1-0", sequence=1, number=Number.BRAKE_PAUSED, connector="hq", at=datetime(2026, 1, 5, tzinfo=UTC)
    )
    assert check_record([nobody]) == []
