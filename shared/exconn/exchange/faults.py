"""From Exchange's codes, type names and sentences to typed errors: pure functions.

Matched by code, by exception type, or by the invariant middle of a sentence: the beginning carries server
names and request ids, and the whole is never the same twice.
"""

import re
from datetime import timedelta

from exconn.exchange.commands import Command
from exconn.exchange.errors import (
    Ambiguous,
    CmdletMissing,
    ExchangeError,
    Malformed,
    ObjectNotFound,
    ParameterMissing,
    RefusedByExchange,
    SessionGone,
    Throttled,
    Unauthorized,
    Unreachable,
)
from exconn.exchange.redact import identity_hint, masked
from exconn.exchange.streams import ErrorDetail

SHELL_NOT_FOUND = 2150858843
OPERATION_TIMED_OUT = 2150858793
WRONG_RESOURCE = 2150858811
#: 5 is Windows' own "access denied"; the other is the form seen in a sample.
ACCESS_DENIED = frozenset({5, 2150858819})
#: Codes recalled for "too many shells"; the sentences below decide when they differ.
QUOTA = frozenset({2150859173, 2150859174})

_QUOTA_SENTENCES = (
    "concurrent shells, which has been exceeded",
    "exceeded the maximum number of connections allowed",
    "The user load quota of",
)
_AT_LEAST = re.compile(r"for at least\s+(\d{1,12})\s+milliseconds", re.IGNORECASE)
_NOT_ASSIGNED = "isn't assigned to any management roles"
_UNKNOWN_PARAMETER = re.compile(r"A parameter cannot be found that matches parameter name '([^']*)'")
_UNKNOWN_CMDLET = "is not recognized as the name of a cmdlet"
_NOT_FOUND_ON = re.compile(r"couldn't be found on '([^']+)'")
_PREFIX = re.compile(r"^(?:\[[^\]]*\]\s*)+")

#: When Exchange does not say how long to wait.
DEFAULT_PAUSE = timedelta(seconds=30)


class NoAnswer(Exception):
    """A request left and nothing conclusive came back. Never leaves this package."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def _throttled(text: str) -> Throttled | None:
    if not any(sentence in text for sentence in _QUOTA_SENTENCES):
        return None
    stated = _AT_LEAST.search(text)
    return Throttled(timedelta(milliseconds=int(stated.group(1))) if stated else DEFAULT_PAUSE)


def fault_error(code: int | None, text: str, server: str, account: str) -> ExchangeError | NoAnswer:
    """The error behind a WSMan fault; NoAnswer when the fault does not say whether anything ran."""
    number = code & 0xFFFFFFFF if code is not None else None
    throttled = _throttled(text)
    if throttled is not None:
        return throttled
    if number in QUOTA:
        return Throttled(DEFAULT_PAUSE)
    if number == SHELL_NOT_FOUND:
        return SessionGone("the shell was not found on the server")
    if number in ACCESS_DENIED or "Access is denied" in text:
        return Unauthorized(server, account, "access is denied")
    if _NOT_ASSIGNED in text:
        return Unauthorized(server, account, "no management role is assigned")
    if number == WRONG_RESOURCE:
        return Unreachable(server, "this address does not serve Exchange; use the PowerShell virtual directory")
    if number == OPERATION_TIMED_OUT:
        return NoAnswer("the operation timed out on the server")
    return NoAnswer(f"fault {number or 'without a code'}: {masked(text)[:200]}")


def broken_pool(text: str, server: str, account: str) -> ExchangeError:
    """The error behind a runspace pool that reports itself broken."""
    error = fault_error(None, text, server, account)
    return SessionGone("the runspace pool broke") if isinstance(error, NoAnswer) else error


def http_error(status: int, server: str, account: str) -> ExchangeError | NoAnswer:
    """The error behind an HTTP answer that carries no SOAP fault."""
    if status == 401:
        return Unauthorized(server, account, "HTTP 401")
    if status == 403:
        return Unauthorized(server, account, "HTTP 403; the address may need https")
    return NoAnswer(f"HTTP {status}")


def record_error(command: Command, detail: ErrorDetail, server: str, shell_id: str) -> ExchangeError:
    """The error behind an error record: Exchange's clear answer, except where a proxy reports its own failure."""
    text = detail.text
    if "CommandNotFoundException" in detail.error_id or _UNKNOWN_CMDLET in text:
        return CmdletMissing(command.cmdlet)
    parameter = _UNKNOWN_PARAMETER.search(text)
    if parameter is not None:
        return ParameterMissing(command.cmdlet, parameter.group(1))
    throttled = _throttled(text)
    if throttled is not None:
        return throttled
    if any(name.endswith("ManagementObjectNotFoundException") for name in detail.exception_types):
        where = _NOT_FOUND_ON.search(text)
        return ObjectNotFound(command.cmdlet, identity_hint(command.identity), where.group(1) if where else "")
    if command.changes_exchange and "CmdletProxyException" in f"{detail.error_id} {detail.exception_type}":
        # The server that was asked passed the cmdlet on; whether the other one ran it, it does not know.
        return Ambiguous(command.cmdlet, server, shell_id, "passing the cmdlet on to another server failed")
    if _NOT_ASSIGNED in text:
        return Unauthorized(server, None, "no management role is assigned")
    return RefusedByExchange(command.cmdlet, _PREFIX.sub("", detail.error_id), detail.exception_type, text)


def outcome_of(
    error: ExchangeError | NoAnswer, command: Command, server: str, shell_id: str, *, sent: bool
) -> ExchangeError:
    """What the caller is told when a command did not run to its end.

    `sent` means that Exchange took the command, or may have. Before that every error is what it is. After
    it, nothing but the pipeline's own state can tell how a changing command ended.
    """
    detail = error.detail if isinstance(error, NoAnswer) else error.sentence()
    if isinstance(error, NoAnswer) or (sent and command.changes_exchange):
        changes = command.changes_exchange
        return Ambiguous(command.cmdlet, server, shell_id, detail, changes_exchange=changes)
    if isinstance(error, Malformed) and command.changes_exchange:
        return Ambiguous(command.cmdlet, server, shell_id, detail)
    return error


def opening_error(error: ExchangeError | NoAnswer, server: str) -> ExchangeError:
    """What the caller is told when a shell could not be opened: nothing was run."""
    return Unreachable(server, error.detail) if isinstance(error, NoAnswer) else error
