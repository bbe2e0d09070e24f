"""What a message says of an action by itself, and whether its worker signed it."""

from typing import Any

import pytest

from exconn.audit.steps import may_be_step, problem_of_row
from exconn.signing import new_signing_key
from exconn.signing.action_record import ActionRecord, signed_record
from exconn.stream import Number

KEY = new_signing_key()
PUBLIC = KEY.private.public_key()
JOB = "wipe-aaaaaaaaaaaaaaaa"


def row(number: Number, phase: str, outcome: str = "", **said: Any) -> dict[str, Any]:
    """A message's row; with an outcome it says that the job has ended."""
    data = said.pop("data", {}) | ({"outcome": outcome} if outcome else {})
    told = {"number": number, "job": JOB, "kind": "wipe", "state": "settled" if outcome else "waiting", "epoch": 1}
    return told | {"phase": phase, "data": data} | said


def signed(phase: str, outcome: str = "", **said: Any) -> dict[str, str]:
    """The record of a worker, and its signature."""
    return signed_record(
        KEY, ActionRecord(job=JOB, epoch=1, attempt=1, device="d", phase=phase, outcome=outcome, **said)
    )


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (row(Number.WIPE_SENT, "sent"), "missing"),
        (row(Number.WIPE_SENT, "sent", data=signed("sent")), ""),
        (row(Number.WIPE_SENT, "sent", data=signed("issued")), "phase"),
        (row(Number.WIPE_SENT, "sent", data=signed("sent"), epoch=2), "epoch"),
        (row(Number.WIPE_SENT, "sent", kind="", state=""), "kind"),
        (row(Number.WIPE_SENT, "sent", kind="block"), "kind"),
        (row(Number.JOB_WAITING, "accepted", data={"exchange_acknowledged": 1}), "missing"),
        (row(Number.JOB_WAITING, "accepted"), ""),
        (row(Number.JOB_CANCELLED, "accepted", "cancelled"), ""),
        (row(Number.JOB_CANCELLED, "issued", "cancelled"), "missing"),
        (row(Number.JOB_FAILED, "accepted", "failed"), "missing"),
        (row(Number.JOB_FAILED, "", "failed", job="sweep-aaaaaaaaaaaaaaaa", kind="sweep"), ""),
        (row(Number.WIPE_SENT, "sent", job="", kind=""), ""),
    ],
)
def test_what_only_a_worker_says_of_an_action_is_signed_by_it(told: dict[str, Any], problem: str) -> None:
    assert problem_of_row(PUBLIC, told) == problem


def test_messages_that_may_be_of_actions_are_told_apart_by_job_or_kind() -> None:
    assert [
        may_be_step(f"1\0{job}\0{kind}\0queued") for job, kind in ((JOB, ""), ("", "wipe"), ("sweep-a", "sweep"))
    ] == [
        True,
        True,
        False,
    ]
