"""What each status message makes of a job's row."""

from datetime import UTC, datetime, timedelta

from exconn.monitor.answers.models import JobView
from exconn.monitor.projector.job_rows import JobRow, fold
from exconn.stream import Number, StatusMessage

BEGAN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
JOB = "wipe-aaaaaaaaaaaaaaaa"


def message(number: Number, sequence: int, **fields: object) -> StatusMessage:
    given = {"job": JOB, "kind": "wipe", "at": BEGAN + timedelta(minutes=sequence)} | fields
    return StatusMessage(id=f"{sequence}-0", sequence=sequence, number=number, connector="contoso", **given)  # type: ignore[arg-type]


def told(*messages: StatusMessage) -> JobRow:
    row: JobRow | None = None
    for one in messages:
        row = fold(row, one)
    assert row is not None
    return row


def test_first_message_says_who_asked_for_what() -> None:
    due_ms = int(BEGAN.timestamp() * 1000)
    data = {"requester": "hr", "service": "actions", "revision": 3, "device": "guid", "parent": None, "due": due_ms}

    row = told(message(Number.JOB_QUEUED, 1, state="queued", data=data | {"valid_until": None}))

    assert (row["requester"], row["service"], row["revision"], row["device"]) == ("hr", "actions", 3, "guid")
    assert (row["due"], row["valid_until"], row["parent"]) == (BEGAN, None, None)
    assert row["queued_at"] == BEGAN + timedelta(minutes=1)


def test_phases_keep_the_moment_they_were_first_reached_in_order() -> None:
    row = told(
        message(Number.ISSUING, 1, state="claimed", phase="issuing"),
        message(Number.WIPE_ISSUED, 2, state="waiting", phase="issued"),
        message(Number.ISSUING, 3, state="claimed", phase="issuing"),
        message(Number.JOB_CLAIMED, 4, state="claimed", phase=""),
    )

    assert row["phase"] == "issuing"
    assert list(row["phases"].items()) == [
        ("issuing", (BEGAN + timedelta(minutes=1)).isoformat()),
        ("issued", (BEGAN + timedelta(minutes=2)).isoformat()),
    ]


def test_reason_belongs_to_the_present_state() -> None:
    held = message(Number.JOB_HELD, 1, state="held", data={"reason": "breaker"})
    claimed = message(Number.JOB_CLAIMED, 2, state="claimed")

    assert told(held)["reason"] == "breaker"
    assert told(held, claimed)["reason"] == ""


def test_a_release_of_a_held_job_is_for_what_its_newest_message_says() -> None:
    differs = {"reason": "partnership_differs", "subject": "0123456789ab"}
    compared = message(Number.JOB_HELD, 1, state="held", data=differs)
    braked = message(Number.JOB_HELD, 2, state="held", data={"reason": "breaker"})
    claimed = message(Number.JOB_CLAIMED, 2, state="claimed")

    shown = [
        JobView.model_validate(told(compared, *then)).model_dump()["held_for"] for then in ((), (braked,), (claimed,))
    ]

    assert shown == ["partnership_differs 0123456789ab", "breaker", ""]


def test_settled_job_has_an_outcome_and_is_not_due() -> None:
    row = told(
        message(Number.JOB_WAITING, 1, state="waiting", data={"due": 1_800_000_000_000}),
        message(Number.JOB_SUCCEEDED, 2, state="settled", data={"outcome": "succeeded", "drift": 4}),
    )

    assert (row["state"], row["outcome"], row["due"]) == ("settled", "succeeded", None)
    assert row["settled_at"] == BEGAN + timedelta(minutes=2)
    assert row["data"] == {"drift": 4}


def test_job_that_goes_on_after_it_had_settled_has_no_outcome() -> None:
    settled = message(Number.JOB_FAILED, 1, state="settled", data={"outcome": "failed"})
    again = message(Number.JOB_CLAIMED, 2, state="claimed")

    assert told(settled)["outcome"] == "failed"
    assert (told(settled, again)["outcome"], told(settled, again)["settled_at"]) == ("", None)


def test_job_that_waits_for_something_else_than_time_is_not_due() -> None:
    deferred = message(Number.JOB_WAITING, 1, state="waiting", data={"due": 1_800_000_000_000})
    marked = message(Number.CANCEL_MARKED, 2, state="waiting")
    claimed = message(Number.JOB_CLAIMED, 3, state="claimed")
    paused = message(Number.JOB_PAUSED, 4, state="waiting", data={"reason": "the kill switch is on"})

    assert told(deferred, marked)["due"] is not None
    assert told(deferred, marked, claimed)["due"] is None
    assert told(deferred, marked, claimed, paused)["due"] is None


def test_message_without_a_state_changes_no_state() -> None:
    row = told(
        message(Number.JOB_CLAIMED, 1, state="claimed", phase="issuing"),
        message(Number.INSTALLED, 2, kind="", data={"organization": "guid"}),
    )

    assert (row["state"], row["phase"], row["kind"], row["last_sequence"]) == ("claimed", "issuing", "wipe", 2)


def test_job_whose_first_messages_were_never_seen_starts_with_what_is_known() -> None:
    row = told(message(Number.WIPE_SENT, 9, state="waiting", phase="sent"))

    assert (row["id"], row["phase"], row["queued_at"], row["first_sequence"]) == (JOB, "sent", None, 9)


def test_fold_leaves_the_row_before_as_it_was() -> None:
    before = told(message(Number.ISSUING, 1, state="claimed", phase="issuing", data={"a": 1}))
    copy = {**before, "phases": dict(before["phases"]), "data": dict(before["data"])}

    fold(before, message(Number.WIPE_ISSUED, 2, state="waiting", phase="issued", data={"b": 2}))

    assert before == copy


def test_results_of_a_job_that_talks_for_ever_stay_bounded() -> None:
    row = told(*(message(Number.JOB_WAITING, n, state="waiting", data={f"field{n}": n}) for n in range(1, 200)))

    assert len(row["data"]) <= 64
