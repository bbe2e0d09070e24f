"""From a handler's error to a decision, by the error's type alone.

None means: leave the job as it is, because it is another worker's by now, or was moved already, or cannot be reached.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from exconn.contracts import HoldReason, WaitReason
from exconn.doorbell.decisions import Decision, Defer, Hold
from exconn.doorbell.failure import Failure, failure_of
from exconn.doorbell.running import Running
from exconn.exchange import AccountTroubled, ProxyFailed, RefusedByExchange, Transient
from exconn.exchange import errors as exchange
from exconn.ledger import (
    Job,
    LeaseLostError,
    LedgerFullError,
    LedgerOutOfReachError,
    Stopped,
    UnconfirmedError,
    UnknownParentError,
)
from exconn.signing import RegistryError
from exconn.stream import Number

#: Failures in a row that nobody foresaw, before a person must look; those of an outage before them do not count.
MOST_UNEXPECTED = 5
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
SEAT_PAUSE = timedelta(seconds=2)
LONGEST_SEAT_PAUSE = timedelta(seconds=20)
LONGEST_THROTTLE = timedelta(hours=1)
#: Long enough for Exchange to finish what an unanswered command began.
UNCLEAR_PAUSE = timedelta(seconds=5)
FULL_PAUSE = timedelta(minutes=1)
#: How much of an error's own text is kept.
SAID_LENGTH = 300

#: Fields of an error that the text of a reason may name.
_NAMED = ("cmdlet", "parameter")

Rule = Callable[[Exception, Running], Decision | None]


def decide(error: Exception, running: Running) -> Decision | None:
    """What becomes of the job whose handler raised `error`; None leaves it alone."""
    rule = next((rule for kind, rule in _RULES if isinstance(error, kind)), _unexpected)
    decision = rule(error, running)
    if isinstance(decision, Defer) and decision.number is Number.JOB_WAITING:
        return _telling(decision, failure_of(error))
    return decision


def _telling(decision: Defer, failure: Failure | None) -> Defer:
    if failure is None:
        return decision
    return replace(decision, number=failure.number, data={**decision.data, **failure.data})


def told(error: Exception) -> str:
    """What may be said of an error: own errors have texts fit for a log, of others the type alone is.

    The text of an error that nobody foresaw may name people.
    """
    name = type(error).__name__
    return f"{name}: {error}" if type(error).__module__.startswith("exconn.") else name


def _leave(_error: Exception, _running: Running) -> None:
    return None


def _later(reason: WaitReason) -> Rule:
    def rule(error: Exception, running: Running) -> Defer:
        return _failed(running, reason, data=_said(error))

    return rule


def _no_seat(_error: Exception, running: Running) -> Defer:
    pause = _growing(SEAT_PAUSE, LONGEST_SEAT_PAUSE, running.job.failures + 1, running.job.id)
    return _failed(running, WaitReason.NO_SEAT, pause=pause)


def _throttled(error: Exception, running: Running) -> Defer:
    asked = error.retry_after if isinstance(error, exchange.Throttled) else FIRST_PAUSE
    pause = min(max(asked, timedelta(seconds=1)), LONGEST_THROTTLE)
    return _failed(running, WaitReason.THROTTLED, pause=pause, data=_said(error))


def _unclear(error: Exception, running: Running) -> Defer:
    decision = _failed(running, WaitReason.ANSWER_UNCLEAR, pause=UNCLEAR_PAUSE, data=_said(error))
    return replace(decision, number=Number.ANSWER_UNCLEAR)


def _full(_error: Exception, running: Running) -> Defer:
    return _failed(running, WaitReason.LEDGER_FULL, pause=FULL_PAUSE)


def _troubled(error: Exception, running: Running) -> Defer:
    """A state of the account, a right or the connection, which the job waits for: no failure of its own."""
    if not isinstance(error, AccountTroubled):
        return _failed(running, WaitReason.ACCOUNT_REFUSED, data=_said(error))
    return Defer(error.retry_after, WaitReason(error.code), data=_said(error), awaits=error.trouble)


def _person(reason: HoldReason) -> Rule:
    def rule(error: Exception, _running: Running) -> Hold:
        return Hold(reason, data=_said(error))

    return rule


def _unexpected(error: Exception, running: Running) -> Decision:
    said, count = {"said": told(error)[:SAID_LENGTH]}, _unforeseen(running.job) + 1
    if count >= MOST_UNEXPECTED:
        return Hold(HoldReason.UNEXPECTED_FAILURES, data=said | {"failures": count})
    return _failed(running, WaitReason.UNEXPECTED_FAILURE, data=said | {"unforeseen": count})


def _unforeseen(job: Job) -> int:
    """The unforeseen failures in a row right before; kept with the reason of the last one."""
    count = job.data.get("unforeseen") if job.reason == WaitReason.UNEXPECTED_FAILURE else None
    return count if isinstance(count, int) else 0


def _failed(
    running: Running, reason: WaitReason, *, pause: timedelta | None = None, data: Mapping[str, object] | None = None
) -> Defer:
    job = running.job
    delay = _growing(FIRST_PAUSE, LONGEST_PAUSE, job.failures + 1, job.id) if pause is None else pause
    return Defer(delay, reason, data=data or {}, failed=True)


def _said(error: Exception) -> dict[str, object]:
    """An own error's sentence, which is fit for a log, and what it names."""
    said: dict[str, object] = {"said": str(error)[:SAID_LENGTH]}
    for name in _NAMED:
        value = getattr(error, name, None)
        if value and isinstance(value, str):
            said[name] = value
    return said


def _growing(first: timedelta, longest: timedelta, count: int, job_id: str) -> timedelta:
    """Twice as long each time up to a limit, spread by job so that many do not come back at once."""
    spread = 0.8 + (zlib.crc32(f"{job_id}/{count}".encode()) % 1000) / 2500
    doublings = min(count - 1, 20)
    return min(first * (1 << doublings), longest) * spread


#: Looked through from the top: a subclass stands before its base.
_RULES: tuple[tuple[type[Exception], Rule], ...] = (
    (LeaseLostError, _leave),
    (Stopped, _leave),
    (LedgerOutOfReachError, _leave),
    (UnconfirmedError, _later(WaitReason.UNCONFIRMED)),
    (LedgerFullError, _full),
    (UnknownParentError, _later(WaitReason.PART_NOT_TAKEN)),
    # A file that somebody is still writing mends itself; as long as it does not, no job is to blame.
    (RegistryError, _later(WaitReason.REGISTRY_UNUSABLE)),
    (AccountTroubled, _troubled),
    (exchange.NoSeat, _no_seat),
    (exchange.Throttled, _throttled),
    (exchange.Unanswered, _later(WaitReason.UNANSWERED)),
    (exchange.Ambiguous, _unclear),
    (exchange.UntrustedCertificate, _later(WaitReason.UNTRUSTED_CERTIFICATE)),
    (exchange.WrongEndpoint, _later(WaitReason.WRONG_ENDPOINT)),
    (exchange.SslRequired, _later(WaitReason.SSL_REQUIRED)),
    (exchange.Unreachable, _later(WaitReason.UNREACHABLE)),
    (exchange.SessionGone, _later(WaitReason.SESSION_GONE)),
    (exchange.Unauthorized, _later(WaitReason.ACCOUNT_REFUSED)),
    (exchange.CmdletMissing, _later(WaitReason.CMDLET_MISSING)),
    (exchange.ParameterMissing, _later(WaitReason.PARAMETER_MISSING)),
    (exchange.EndpointRefused, _later(WaitReason.ENDPOINT_REFUSED)),
    (exchange.InvalidCommand, _person(HoldReason.INVALID_COMMAND)),
    (exchange.ObjectNotFound, _person(HoldReason.OBJECT_NOT_FOUND)),
    (Transient, _later(WaitReason.TRANSIENT)),
    (ProxyFailed, _later(WaitReason.PROXY_FAILED)),
    (RefusedByExchange, _person(HoldReason.REFUSED_BY_EXCHANGE)),
)
