"""What a command says beside its objects, and whether that fails the command or leaves a gap in its answer.

Objects and errors of a list come together. An error without any object is a failure of the command, and so is one that
is about the command and not about an object. With `Gaps` everything else is counted; without, it fails the command too.

Of several errors the last one counts. For a command that changes Exchange one that leaves open whether it took effect
counts before all that say that nothing was done: who believed those would do it again.
"""

from exconn.exchange.cmdlets.command import Command
from exconn.exchange.error_mapping import outcome_of, record_error
from exconn.exchange.errors import (
    Ambiguous,
    CmdletMissing,
    ExchangeError,
    Malformed,
    ObjectNotFound,
    ParameterMissing,
    Throttled,
    Unauthorized,
)
from exconn.exchange.gaps import Gap, GapCause, Gaps, kind_of
from exconn.exchange.psrp.messages import ErrorDetail
from exconn.exchange.reported_errors import NotRun
from exconn.exchange.transport import Batch

#: Objects of one command that may be unreadable, before its answer as a whole is not believed.
MOST_UNREADABLE = 1000

#: Errors about the command, the account or the connection, whatever came before them.
_OF_THE_COMMAND = (CmdletMissing, ParameterMissing, Throttled, Unauthorized)
#: Errors by which nothing was done.
_NOTHING_DONE = (*_OF_THE_COMMAND, ObjectNotFound, NotRun)


def _doubt(error: ExchangeError) -> int:
    """How much an error leaves open whether the command took effect."""
    if isinstance(error, Ambiguous):
        return 2
    return 0 if isinstance(error, _NOTHING_DONE) else 1


class Beside:
    """The errors and the unreadable objects of one command."""

    def __init__(self, command: Command, server: str, session_id: str, gaps: Gaps | None) -> None:
        self._command = command
        self._where = (server, session_id)
        self._gaps = gaps
        self._own = Gaps()
        self._objects = 0
        self._failure: ExchangeError | None = None
        self._last: ExchangeError | None = None

    def add(self, batch: Batch) -> None:
        """Note what a batch brought. Raises Malformed when too much of the answer is unreadable."""
        self._objects += len(batch.records) + len(batch.unreadable)
        for error in batch.errors:
            self._report(error)
        for unreadable in batch.unreadable:
            # Nobody knows what a command that changes Exchange wanted to say with it.
            self._note(outcome_of(unreadable.error, self._command, *self._where, sent=True))
            self._own.add(Gap(GapCause.UNREADABLE, unreadable.name, GapCause.UNREADABLE))
            if self._own.by_cause[GapCause.UNREADABLE] > MOST_UNREADABLE:
                raise Malformed(f"more than {MOST_UNREADABLE} unreadable objects of one command")

    def _report(self, detail: ErrorDetail | Malformed) -> None:
        if isinstance(detail, Malformed):
            self._note(outcome_of(detail, self._command, *self._where, sent=True))
            self._own.add(Gap(GapCause.ERROR_RECORD, "", GapCause.UNREADABLE))
            return
        self._note(record_error(self._command, detail, *self._where))
        kind = kind_of(detail.exception_types, detail.error_id)
        self._own.add(Gap(GapCause.ERROR_RECORD, detail.target, kind))

    def _note(self, error: ExchangeError) -> None:
        if self._command.changes_exchange and self._last is not None and _doubt(error) < _doubt(self._last):
            return
        self._last = error
        if isinstance(error, _OF_THE_COMMAND):
            self._failure = error
        elif self._command.changes_exchange and _doubt(error):
            self._failure = None

    def end(self) -> None:
        """The command ended well. Raises its error, or adds what is missing to the gaps."""
        strict = self._gaps is None or not self._objects
        failure = self._failure or (self._last if strict else None)
        if failure is not None:
            raise failure
        if self._gaps is not None:
            self._gaps.merge(self._own)
