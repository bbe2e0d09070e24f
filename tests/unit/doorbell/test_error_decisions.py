"""From an error to a decision: the table by type, growing pauses, and what people get to read."""

import itertools
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from exconn.contracts import TROUBLES, Checks, HoldReason, Kind, UnknownKindError, WaitReason, reason_text
from exconn.contracts.work import Echo
from exconn.doorbell import Decision, Defer, Hold, Running, decide
from exconn.doorbell.error_decisions import MOST_UNEXPECTED
from exconn.exchange import (
    AccountTroubled,
    Ambiguous,
    CmdletMissing,
    EndpointRefused,
    ExchangeError,
    Malformed,
    NoSeat,
    ObjectNotFound,
    ParameterMissing,
    ProxyUnauthorized,
    RefusedByExchange,
    Retry,
    SessionGone,
    SslRequired,
    Throttled,
    Unanswered,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
    WrongEndpoint,
)
from exconn.ledger import (
    Job,
    Lease,
    LeaseLostError,
    Ledger,
    LedgerFullError,
    LedgerOutOfReachError,
    State,
    Stopped,
    UnconfirmedError,
)
from exconn.logs import get_logger
from exconn.signing import RegistryError
from exconn.stream import Number
from tests.support.exchange.errors import SAMPLES

JOB = Job(
    id="echo-aaaaaaaaaaaaaaaa",
    kind=Kind.ECHO,
    connector="one",
    service="discovery",
    state=State.CLAIMED,
    payload="{}",
    checks=Checks.NONE,
    created=datetime(2030, 1, 1, tzinfo=UTC),
)
UNCLEAR = Ambiguous("Clear-MobileDevice", "ex01", "shell", "connection reset")
UNCLEAR_READ = Unanswered("Get-MobileDevice", "ex01", "shell", "connection reset")


def running(*, failures: int = 0, job_id: str = JOB.id) -> Running:
    """A job that has failed so often in a row."""
    job = replace(JOB, failures=failures, id=job_id)
    lease = Lease(job_id=job.id, token="t", epoch=1, worker="w", deadline=time.monotonic() + 10)
    ledger = cast("Ledger", None)  # deciding never calls it
    return Running(job=job, work=Echo(), lease=lease, ledger=ledger, log=get_logger("t"), rings=lambda *_: None)


#: These are never held, even where nobody has recorded the trouble.
OF_THE_ACCOUNT = (
    EndpointRefused,
    UntrustedCertificate,
    WrongEndpoint,
    SslRequired,
    ProxyUnauthorized,
    Unauthorized,
    CmdletMissing,
    ParameterMissing,
)


@pytest.mark.parametrize(
    "error",
    [
        LeaseLostError(JOB.id, "settle"),
        Stopped(JOB.id, "paused", WaitReason.KILL_SWITCH),
        LedgerOutOfReachError("settle", "timed out"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_job_that_is_not_ours_to_move_is_left(error: Exception) -> None:
    assert decide(error, running()) is None


@pytest.mark.parametrize(
    ("error", "reason", "shown"),
    [
        (ObjectNotFound("Get-MobileDevice", "device", "dc01"), HoldReason.OBJECT_NOT_FOUND, "dc01"),
        (RefusedByExchange("Clear-MobileDevice", "id", "type", "text"), HoldReason.REFUSED_BY_EXCHANGE, "[type]"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_only_a_person_can_mend_is_held_with_the_reason(error: Exception, reason: HoldReason, shown: str) -> None:
    decision = decide(error, running())

    assert isinstance(decision, Hold)
    assert decision.reason is reason
    assert shown in reason_text(decision.reason, decision.data)


@pytest.mark.parametrize(
    ("error", "shortest", "longest"),
    [
        (NoSeat("account", "sweep"), 1, 4),
        (Throttled(timedelta(seconds=90)), 90, 90),
        (Throttled(timedelta(days=2)), 3600, 3600),
        (Throttled(timedelta(0)), 1, 1),
        (Unreachable("ex01", "refused"), 4, 6),
        (SessionGone("gone"), 4, 6),
        (UNCLEAR_READ, 4, 6),
        (UNCLEAR, 5, 5),
        (UnconfirmedError("begin", JOB.id), 4, 6),
        (LedgerFullError(), 60, 60),
        (Malformed("half an answer"), 4, 6),
        (KeyError("somebody@example.test"), 4, 6),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_may_pass_is_tried_later(error: Exception, shortest: float, longest: float) -> None:
    decision = decide(error, running())

    assert isinstance(decision, Defer)
    assert timedelta(seconds=shortest) <= decision.delay <= timedelta(seconds=longest)
    assert decision.failed
    assert decision.phase == ""


@pytest.mark.parametrize("code", sorted(TROUBLES))
def test_what_is_a_state_of_the_account_or_the_connection_is_no_failure_of_the_job_which_waits_for_its_end(
    code: WaitReason,
) -> None:
    trouble = AccountTroubled(code, "the trouble", timedelta(seconds=40), "says why", "Clear-MobileDevice", "Cancel")

    decision = decide(trouble, running(failures=3))

    assert isinstance(decision, Defer)
    assert (decision.reason, decision.awaits, decision.delay) == (code, "the trouble", timedelta(seconds=40))
    assert not decision.failed
    assert "?" not in reason_text(code, decision.data)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_what_becomes_of_a_job_agrees_with_what_its_error_says_of_trying_again(error: ExchangeError) -> None:
    decision = decide(error, running())

    is_of_the_job = error.retry is Retry.NEVER and not isinstance(error, OF_THE_ACCOUNT)
    assert isinstance(decision, Hold if is_of_the_job else Defer)
    if isinstance(decision, Defer):
        assert (decision.number is Number.ANSWER_UNCLEAR) is (error.retry is Retry.READ_BACK_FIRST)


@pytest.mark.parametrize(
    ("error", "number", "data"),
    [
        (SessionGone("gone").invoking("Get-MobileDevice"), Number.CMDLET_FAILED, {"cmdlet": "Get-MobileDevice"}),
        (Unreachable("ex01", "refused").opening("Berlin"), Number.RUNSPACE_FAILED, {"site_name": "Berlin"}),
        (Unreachable("ex01", "refused"), Number.JOB_WAITING, {}),
        (Throttled(timedelta(seconds=3)).invoking("Get-MobileDevice"), Number.JOB_WAITING, {}),
        (LedgerFullError(), Number.JOB_WAITING, {}),
    ],
    ids=["cmdlet", "runspace", "neither", "only throttling", "not Exchange"],
)
def test_a_job_that_waits_says_which_cmdlet_or_runspace_failed(
    error: Exception, number: Number, data: dict[str, object]
) -> None:
    decision = decide(error, running())

    assert isinstance(decision, Defer)
    assert decision.number is number
    assert {name: value for name, value in decision.data.items() if name != "said"} == data


def test_an_unclear_answer_is_announced_as_such_and_keeps_the_phase() -> None:
    decision = decide(UNCLEAR, running())

    assert isinstance(decision, Defer)
    assert decision.number is Number.ANSWER_UNCLEAR
    assert decision.phase == ""


def test_pauses_grow_to_a_limit() -> None:
    pauses = []
    for failures in range(12):
        decision = decide(Unreachable("ex01", "refused"), running(failures=failures))
        assert isinstance(decision, Defer)
        pauses.append(decision.delay)

    assert all(later > earlier for earlier, later in itertools.pairwise(pauses[:6]))
    assert max(pauses) <= timedelta(minutes=6)


def test_many_jobs_that_fail_at_once_do_not_come_back_at_once() -> None:
    delays = {
        decision.delay
        for number in range(50)
        if isinstance(decision := decide(SessionGone("gone"), running(job_id=f"echo-{number}")), Defer)
    }

    assert len(delays) > 40


def decided_in_turn(*errors: Exception) -> list[Decision | None]:
    """The decisions on errors of one job in a row, each kept with the job as the ledger keeps it."""
    job, decisions = JOB, list[Decision | None]()
    for error in errors:
        decision = decide(error, replace(running(), job=job))
        decisions.append(decision)
        if isinstance(decision, Defer):
            job = replace(job, failures=job.failures + 1, reason=str(decision.reason), data=decision.data)
    return decisions


def test_the_first_unforeseen_error_after_a_long_outage_is_tried_again() -> None:
    outage = [Unreachable("ex01", "refused")] * 100

    *_, first, second = decided_in_turn(*outage, KeyError("x"), KeyError("x"))

    assert (type(first), type(second)) == (Defer, Defer)


def test_unforeseen_errors_that_an_outage_parts_are_not_in_a_row() -> None:
    parted = [KeyError("x")] * (MOST_UNEXPECTED - 1)

    decisions = decided_in_turn(*parted, Unreachable("ex01", "refused"), *parted)

    assert {type(decision) for decision in decisions} == {Defer}


def test_a_registry_that_cannot_be_used_holds_no_job_however_long_that_lasts() -> None:
    broken = RegistryError(Path("/etc/exconn/requesters.toml"), ("no such file",))

    decisions = decided_in_turn(*[broken] * (2 * MOST_UNEXPECTED))

    deferred = [decision for decision in decisions if isinstance(decision, Defer)]
    assert [decision.reason for decision in deferred] == [WaitReason.REGISTRY_UNUSABLE] * len(decisions)
    assert deferred[-1].delay > 10 * deferred[0].delay
    assert "requesters.toml: no such file" in reason_text(WaitReason.REGISTRY_UNUSABLE, deferred[0].data)


def test_an_unforeseen_error_is_held_after_five_in_a_row_and_named_by_its_type_alone() -> None:
    decisions = decided_in_turn(*[KeyError("somebody@example.test")] * MOST_UNEXPECTED)

    assert [type(decision) for decision in decisions] == [Defer] * 4 + [Hold]
    held = decisions[-1]
    assert isinstance(held, Hold)
    assert reason_text(held.reason, held.data).endswith("the last one KeyError")
    assert "somebody" not in "".join(str(decision) for decision in decisions)


def test_the_text_of_an_error_of_our_own_is_told() -> None:
    decision = decide(UnknownKindError("teleport"), running())

    assert isinstance(decision, Defer)
    assert decision.reason is WaitReason.UNEXPECTED_FAILURE
    assert decision.data["said"] == f"UnknownKindError: {UnknownKindError('teleport')}"
