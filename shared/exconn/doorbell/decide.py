"""From a handler's error to a decision, by the error's type alone.

None means: leave the job as it is, because it is another worker's by now, or was moved already, or cannot be reached.
Failures in a row are counted in the reason that the job waits with, so that a handler's own deferrals start anew.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from exconn.doorbell.decisions import Decision, Defer, Hold
from exconn.doorbell.failure import Failure, failure_of
from exconn.doorbell.running import Running
from exconn.exchange import errors as exchange
from exconn.ledger import (
    LeaseLostError,
    LedgerFullError,
    LedgerOutOfReachError,
    Stopped,
    UnconfirmedError,
    UnknownParentError,
)
from exconn.stream import Number

#: Failures in a row of a kind that nobody expected, before a person must look.
MOST_UNEXPECTED = 5
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
SEAT_PAUSE = timedelta(seconds=2)
LONGEST_SEAT_PAUSE = timedelta(seconds=20)
LONGEST_THROTTLE = timedelta(hours=1)
#: Long enough for Exchange to finish what an unanswered command began.
UNCLEAR_PAUSE = timedelta(seconds=5)
FULL_PAUSE = timedelta(minutes=1)
REASON_LENGTH = 300

_COUNTED = re.compile(r"failure (\d{1,6}): ")

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


def failures_before(running: Running) -> int:
    """How many failures in a row came right before this claim."""
    found = _COUNTED.match(running.job.reason)
    return int(found[1]) if found else 0


def _leave(_error: Exception, _running: Running) -> None:
    return None


def _later(error: Exception, running: Running) -> Defer:
    count = failures_before(running) + 1
    return _failed(running, _growing(FIRST_PAUSE, LONGEST_PAUSE, count, running.job.id), str(error))


def _no_seat(_error: Exception, running: Running) -> Defer:
    count = failures_before(running) + 1
    pause = _growing(SEAT_PAUSE, LONGEST_SEAT_PAUSE, count, running.job.id)
    return _failed(running, pause, "every Exchange session is in use")


def _throttled(error: Exception, running: Running) -> Defer:
    asked = error.retry_after if isinstance(error, exchange.Throttled) else FIRST_PAUSE
    return _failed(running, min(max(asked, timedelta(seconds=1)), LONGEST_THROTTLE), str(error))


def _unclear(error: Exception, running: Running) -> Defer:
    return _failed(running, UNCLEAR_PAUSE, str(error), number=Number.ANSWER_UNCLEAR)


def _unconfirmed(_error: Exception, running: Running) -> Defer:
    pause = _growing(FIRST_PAUSE, LONGEST_PAUSE, failures_before(running) + 1, running.job.id)
    return _failed(running, pause, "the ledger's replicas or disk did not confirm in time")


def _full(_error: Exception, running: Running) -> Defer:
    return _failed(running, FULL_PAUSE, "the ledger server is full")


def _person(error: Exception, _running: Running) -> Hold:
    return Hold(str(error)[:REASON_LENGTH])


def _unexpected(error: Exception, running: Running) -> Decision:
    if failures_before(running) + 1 >= MOST_UNEXPECTED:
        return Hold(f"{MOST_UNEXPECTED} failures in a row, the last one {told(error)}"[:REASON_LENGTH])
    pause = _growing(FIRST_PAUSE, LONGEST_PAUSE, failures_before(running) + 1, running.job.id)
    return _failed(running, pause, told(error))


def _failed(running: Running, pause: timedelta, text: str, *, number: Number = Number.JOB_WAITING) -> Defer:
    count = failures_before(running) + 1
    reason = f"failure {count}: {text}"[:REASON_LENGTH]
    return Defer(pause, number=number, reason=reason, data={"failures": count})


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
    (UnconfirmedError, _unconfirmed),
    (LedgerFullError, _full),
    (UnknownParentError, _later),
    (exchange.NoSeat, _no_seat),
    (exchange.Throttled, _throttled),
    (exchange.Unanswered, _later),
    (exchange.Ambiguous, _unclear),
    (exchange.UntrustedCertificate, _person),
    (exchange.WrongEndpoint, _person),
    (exchange.SslRequired, _person),
    (exchange.Unreachable, _later),
    (exchange.SessionGone, _later),
    (exchange.Unauthorized, _person),
    (exchange.CmdletMissing, _person),
    (exchange.ParameterMissing, _person),
    (exchange.EndpointRefused, _person),
    (exchange.InvalidCommand, _person),
    (exchange.ObjectNotFound, _person),
    (exchange.ProxyFailed, _later),
    (exchange.RefusedByExchange, _person),
)
