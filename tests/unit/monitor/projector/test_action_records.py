"""What a message says of an action counts where a worker signed exactly that."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from exconn.monitor.projector.action_records import problem_of
from exconn.monitor.projector.job_rows import JobRow, fold
from exconn.signing import new_signing_key
from exconn.signing.action_record import ActionRecord, signed_record
from exconn.stream import Number, StatusMessage

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
KEY = new_signing_key()
PUBLIC = KEY.private.public_key()
RECORD = ActionRecord(
    job="wipe-a", epoch=3, attempt=1, device="d1", phase="acknowledged", outcome="succeeded", said={"sent": "1"}
)
END = StatusMessage(
    id="9-0",
    sequence=9,
    number=Number.WIPE_ACKNOWLEDGED,
    connector="demo",
    at=NOON,
    job="wipe-a",
    kind="wipe",
    state="settled",
    phase="acknowledged",
    epoch=3,
    data={"outcome": "succeeded"},
)
QUEUED = replace(END, number=Number.JOB_QUEUED, state="queued", phase="accepted", epoch=0, data={"device": "d1"})


def known(phase: str = "sent") -> JobRow:
    """The row of the wipe before, which has begun."""
    row = fold(None, QUEUED)
    for step in ("issuing", phase):
        row = fold(row, replace(QUEUED, number=Number.JOB_CLAIMED, state="claimed", phase=step, data={}))
    return row


def problem(message: StatusMessage, record: ActionRecord | None, data: dict[str, str] | None = None) -> str:
    signed = signed_record(KEY, record) if record is not None else {}
    return problem_of(replace(message, data={**message.data, **signed, **(data or {})}), known(), PUBLIC)


def test_what_a_worker_signed_counts() -> None:
    assert problem(END, RECORD) == ""


def test_an_end_that_nobody_signed_does_not_count() -> None:
    assert problem(END, None) == "missing"


@pytest.mark.parametrize(
    ("word", "changed"),
    [
        ("job", {"job": "wipe-b"}),
        ("epoch", {"epoch": 2}),
        ("phase", {"phase": "sent"}),
        ("outcome", {"outcome": "gone"}),
        ("device", {"device": "d2"}),
    ],
)
def test_a_signed_record_of_something_else_does_not_count(word: str, changed: dict[str, Any]) -> None:
    assert problem(END, RECORD.model_copy(update=changed)) == word


def test_a_date_of_exchange_counts_where_the_worker_signed_that_very_date() -> None:
    record = RECORD.model_copy(update={"said": {"exchange_acknowledged": "12:34"}})
    other = replace(END, data={**END.data, "exchange_acknowledged": "12:37"})
    look = replace(END, number=Number.JOB_WAITING, state="waiting", phase="sent", data={"exchange_sent": "12:30"})

    assert problem(other, record) == "times"
    assert problem(END, record) == "times"
    assert problem(replace(END, data={**END.data, "exchange_acknowledged": "12:34"}), record) == ""
    assert problem(look, None) == "missing"


def test_a_record_of_another_attempt_does_not_count() -> None:
    issuing = replace(END, number=Number.ISSUING, state="claimed", phase="issuing", data={"attempt": 2})
    record = RECORD.model_copy(update={"phase": "issuing", "outcome": ""})

    assert problem(issuing, record) == "attempt"
    assert problem(issuing, record.model_copy(update={"attempt": 2})) == ""


def test_a_changed_record_or_another_key_does_not_count() -> None:
    other = signed_record(new_signing_key(), RECORD)

    assert problem(END, RECORD, {"record": RECORD.model_copy(update={"epoch": 4}).model_dump_json()}) == "signature"
    assert problem(END, None, other) == "signature"
    assert problem(END, RECORD, {"record_signature": "no base64!"}) == "signature"


@pytest.mark.parametrize(
    "message",
    [
        replace(END, number=Number.JOB_WAITING, state="waiting", phase="acknowledged", data={}),
        replace(END, number=Number.JOB_SUCCEEDED, state="settled", phase="sent"),
        replace(END, number=Number.JOB_CANCELLED, state="settled", phase="closed", data={"outcome": "cancelled"}),
        replace(END, number=Number.ISSUING, state="claimed", phase="accepted", data={"attempt": 1}),
    ],
    ids=["another phase in passing", "an end by another number", "taken back", "about to be issued"],
)
def test_whatever_takes_an_action_further_must_be_signed(message: StatusMessage) -> None:
    assert problem(message, None) == "missing"


@pytest.mark.parametrize(
    "message",
    [
        replace(END, number=Number.JOB_HELD, state="held", phase="sent", data={"reason": "undelivered"}),
        replace(END, number=Number.JOB_CANCELLED, state="settled", phase="accepted", data={"outcome": "cancelled"}),
        replace(END, kind="sweep", job="sweep-a", phase="listed"),
    ],
    ids=["where it was before", "cancelled before it began", "another kind of job"],
)
def test_what_other_services_may_say_needs_no_signature(message: StatusMessage) -> None:
    assert problem(message, None) == ""


def test_an_action_that_was_asked_for_is_not_asked_for_again() -> None:
    assert problem_of(QUEUED, None, PUBLIC) == ""
    assert problem_of(QUEUED, fold(None, QUEUED), PUBLIC) == "again"


def test_what_never_began_is_not_in_exchange_though_its_worker_signed_what_it_took_it_for() -> None:
    signed = replace(END, data={**END.data, **signed_record(KEY, RECORD)})

    assert problem_of(signed, fold(None, QUEUED), PUBLIC) == "not_begun"


def test_a_wipe_that_was_found_in_exchange_never_began_here() -> None:
    issued = replace(END, number=Number.WIPE_ISSUED, state="waiting", phase="issued", data={})
    record = RECORD.model_copy(update={"phase": "issued", "outcome": "", "said": {"found": True}})

    assert problem_of(replace(issued, data=signed_record(KEY, record)), fold(None, QUEUED), PUBLIC) == ""


@pytest.mark.parametrize(("outcome", "word"), [("failed", "missing"), ("refused", "missing"), ("cancelled", "")])
def test_an_end_before_the_begin_is_its_workers_word_but_for_a_cancellation(outcome: str, word: str) -> None:
    ended = replace(END, number=Number.JOB_FAILED, phase="accepted", data={"outcome": outcome})

    assert problem_of(ended, fold(None, QUEUED), PUBLIC) == word


@pytest.mark.parametrize(
    ("number", "job"),
    [(Number.INSTALLED, "install-a"), (Number.CONNECTOR_ARMED, "preflight-actions-a")],
)
def test_what_became_of_a_connector_is_told_with_the_job_that_did_it_and_no_kind(number: Number, job: str) -> None:
    told = replace(END, number=number, job=job, kind="", state="", phase="", epoch=0, data={})

    assert problem_of(told, None, PUBLIC) == ""
    assert problem_of(replace(told, job="wipe-a"), known(), PUBLIC) == "kind"
