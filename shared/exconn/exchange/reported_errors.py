"""Errors that a cmdlet reports as error records: part of the tree of `errors`, and told apart by `error_catalog`."""

from exconn.exchange.errors import INVOKING_FAILED, RAW_LIMIT, ExchangeError, Retry
from exconn.exchange.redact import masked


class _Reported(ExchangeError):
    """Exchange reported an error. `text` is its whole sentence and may name people; `str()` masks names."""

    cmdlet: str
    error_id: str
    exception_type: str
    text: str

    def __init__(self, cmdlet: str, error_id: str, exception_type: str, text: str) -> None:
        super().__init__(cmdlet=cmdlet, error_id=error_id, exception_type=exception_type, text=text[:RAW_LIMIT])

    def sentence(self) -> str:
        kind = self.exception_type or self.error_id or "error"
        return f"{INVOKING_FAILED.format(cmdlet=self.cmdlet)}: {masked(self.text)} [{kind}]"


class Transient(_Reported):
    """Exchange could not do it just now: a domain controller timed out, a database moves. Caller: the same call later.

    Only of commands that read. One that changes Exchange may have taken effect all the same, and is `Ambiguous`.
    """

    retry = Retry.AFTER_WAIT


class RefusedByExchange(_Reported):
    """Exchange answered with an error of its own. Caller: show it; the same call gives the same answer.

    A command that changes Exchange may have done so before it failed: read back before saying that it did nothing.
    """


class NotRun(RefusedByExchange):
    """Refused before the cmdlet began: by PowerShell's parameter binder, or at a prompt. Caller: nothing was done."""


class ProxyFailed(RefusedByExchange):
    """The server passed a reading cmdlet on to another one, and that failed. Caller: later, or another server."""

    retry = Retry.AFTER_WAIT
