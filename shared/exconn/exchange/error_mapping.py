"""From what Exchange says (`error_catalog`) to typed errors (`errors`): pure functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from exconn.exchange.cmdlets.command import Command
from exconn.exchange.error_catalog import OPERATION_TIMED_OUT, SHELL_NOT_FOUND, Cause, Match, Said, origin_of, recognise
from exconn.exchange.errors import (
    RAW_LIMIT,
    Ambiguous,
    BudgetExceeded,
    CmdletMissing,
    ExchangeError,
    Forbidden,
    Malformed,
    NoRole,
    NotSoap,
    ObjectNotFound,
    ParameterMissing,
    SessionGone,
    SslRequired,
    TooManySessions,
    Unanswered,
    Unauthorized,
    Unreachable,
    WrongEndpoint,
)
from exconn.exchange.opening_errors import (
    OpeningBudgetExceeded,
    RefusedWithoutReason,
    RemotePowerShellDisabled,
    TurnedAway,
)
from exconn.exchange.psrp.messages import ErrorDetail
from exconn.exchange.redact import identity_hint, masked
from exconn.exchange.reported_errors import NotRun, ProxyFailed, RefusedByExchange, Transient

__all__ = [
    "DEFAULT_PAUSE",
    "OPERATION_TIMED_OUT",
    "SHELL_NOT_FOUND",
    "NoAnswer",
    "broken_pool",
    "fault_error",
    "http_error",
    "opening_error",
    "outcome_of",
    "record_error",
]

#: When Exchange does not say how long to wait.
DEFAULT_PAUSE = timedelta(seconds=30)


class NoAnswer(Exception):
    """A request left and nothing conclusive came back. Never leaves this package."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class SaidNothing(NoAnswer):
    """A fault without code and text."""

    def __init__(self) -> None:
        super().__init__("a fault without code and text")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who was asked, as whom, and how."""

    server: str
    account: str | None = None
    tls: bool = True


def _too_many_sessions(finding: Match, _asked: _Asked) -> ExchangeError:
    limit = finding.named.get("limit") or finding.named.get("connections")
    return TooManySessions(DEFAULT_PAUSE, int(limit) if limit else None)


def _budget_exceeded(finding: Match, _asked: _Asked) -> ExchangeError:
    wait = finding.named.get("wait")
    return BudgetExceeded(timedelta(milliseconds=int(wait)) if wait else DEFAULT_PAUSE)


def _opening_budget(finding: Match, _asked: _Asked) -> ExchangeError:
    seconds = finding.named.get("seconds")
    return OpeningBudgetExceeded(timedelta(seconds=int(seconds)) if seconds else DEFAULT_PAUSE)


def _forbidden(_finding: Match, asked: _Asked) -> ExchangeError:
    # Over http, 403 is how the virtual directory says that it requires SSL.
    if not asked.tls:
        return SslRequired(asked.server)
    return Forbidden(asked.server, asked.account, "HTTP 403")


#: Who has signed in and is refused then.
_LOOK_AT = (
    "Check that it may use remote PowerShell, its role assignments, and from Exchange 2019 on the Client Access Rules "
    "(Test-ClientAccessRule)."
)
#: What a cause means wherever it is met.
_ANYWHERE: dict[Cause, Callable[[Match, _Asked], ExchangeError]] = {
    Cause.BUDGET_EXCEEDED: _budget_exceeded,
    Cause.TOO_MANY_SHELLS: _too_many_sessions,
    Cause.SHELL_GONE: lambda *_: SessionGone("the shell was not found on the server"),
    Cause.NO_ROLE: lambda _, asked: NoRole(asked.server, asked.account, "no management role is assigned"),
    Cause.ACCESS_DENIED: lambda _, asked: Unauthorized(asked.server, asked.account, "access is denied", _LOOK_AT),
    Cause.WRONG_ENDPOINT: lambda _, asked: WrongEndpoint(asked.server),
    Cause.FORBIDDEN: _forbidden,
    Cause.BAD_REQUEST: lambda _, asked: TurnedAway(asked.server, asked.account, "HTTP 400"),
    Cause.RUNSPACE_BUDGET: _opening_budget,
}


#: Errors that keep what Exchange said.
_REPORTED: dict[Cause, type[RefusedByExchange] | type[Transient]] = {
    Cause.PROXY_FAILED: ProxyFailed,
    Cause.NOT_BOUND: NotRun,
    Cause.TRANSIENT: Transient,
}


def _known(said: Said, asked: _Asked) -> ExchangeError | NoAnswer | None:
    finding = recognise(said)
    if finding is None:
        return None
    if finding.cause is Cause.TIMED_OUT:
        return NoAnswer("the operation timed out on the server")
    builder = _ANYWHERE.get(finding.cause)
    return builder(finding, asked) if builder else None


def fault_error(code: int | None, text: str, server: str, account: str) -> ExchangeError | NoAnswer:
    """The error behind a WSMan fault; NoAnswer when the fault does not say whether anything ran."""
    if code is None and not text.strip():
        return SaidNothing()
    known = _known(Said(text, code=code), _Asked(server, account))
    number = code & 0xFFFFFFFF if code is not None else None
    return known or NoAnswer(f"fault {number or 'without a code'}: {masked(origin_of(text).rest[:RAW_LIMIT])[:200]}")


def broken_pool(text: str, server: str, account: str) -> ExchangeError:
    """The error behind a runspace pool that reports itself broken."""
    error = fault_error(None, text, server, account)
    return SessionGone("the runspace pool broke") if isinstance(error, NoAnswer) else error


def http_error(status: int, server: str, account: str, *, tls: bool = True) -> ExchangeError | NoAnswer:
    """The error behind an HTTP answer that carries no SOAP fault."""
    if status == 401:
        return Unauthorized(server, account, "HTTP 401")
    return _known(Said(status=status), _Asked(server, account, tls)) or NoAnswer(f"HTTP {status}")


def record_error(command: Command, detail: ErrorDetail, server: str, session_id: str) -> ExchangeError:
    """The error behind an error record: Exchange's clear answer, except where a proxy reports its own failure."""
    said = Said(detail.text, error_id=detail.error_id, exception_types=detail.exception_types)
    finding = recognise(said)
    cause = finding.cause if finding else None
    named = finding.named if finding else {}
    if cause is Cause.CMDLET_MISSING:
        return CmdletMissing(command.cmdlet)
    if cause is Cause.PARAMETER_MISSING:
        return ParameterMissing(command.cmdlet, named.get("name", ""))
    if cause in (Cause.OBJECT_NOT_FOUND, Cause.REFERRED):
        hint, controller = identity_hint(command.identity), named.get("controller", "")
        return ObjectNotFound(command.cmdlet, hint, controller, is_referral=cause is Cause.REFERRED)
    if cause is Cause.PROXY_FAILED and command.changes_exchange:
        # The server that was asked passed the cmdlet on; whether the other one ran it, it does not know.
        return Ambiguous(command.cmdlet, server, session_id, "passing the cmdlet on to another server failed")
    if cause is Cause.TRANSIENT and command.changes_exchange:
        # It failed for now, and nobody says before or after it had taken effect.
        return Ambiguous(
            command.cmdlet, server, session_id, f"it failed for now: {detail.exception_type or 'transient'}"
        )
    if finding and cause in (Cause.BUDGET_EXCEEDED, Cause.TOO_MANY_SHELLS, Cause.NO_ROLE):
        return _ANYWHERE[finding.cause](finding, _Asked(server))
    kind = _REPORTED.get(cause, RefusedByExchange) if cause else RefusedByExchange
    return kind(command.cmdlet, origin_of(detail.error_id).rest, detail.exception_type, detail.text)


def outcome_of(
    error: ExchangeError | NoAnswer, command: Command, server: str, session_id: str, *, sent: bool
) -> ExchangeError:
    """What the caller is told when a command did not run to its end.

    `sent` means that Exchange took the command, or may have. Before that every error is what it is. After
    it, nothing but the pipeline's own state can tell how a changing command ended.
    """
    detail = error.detail if isinstance(error, NoAnswer) else error.sentence()
    unclear = isinstance(error, (NoAnswer, Malformed)) or sent
    if command.changes_exchange and unclear:
        return Ambiguous(command.cmdlet, server, session_id, detail)
    return Unanswered(command.cmdlet, server, session_id, detail) if isinstance(error, NoAnswer) else error


def opening_error(error: ExchangeError | NoAnswer, server: str, account: str | None = None) -> ExchangeError:
    """What the caller is told when a shell could not be opened: nothing was run."""
    if isinstance(error, NotSoap):
        # How an on-premises server answers an account that is not enabled for remote PowerShell.
        return RemotePowerShellDisabled(server, account, error.detail)
    if isinstance(error, SaidNothing):
        return RefusedWithoutReason(server, account, error.detail)
    return Unreachable(server, error.detail) if isinstance(error, NoAnswer) else error
