"""The administrator audit log: who changed what, with which parameters, and whether it worked.

As Microsoft's pages of Search-AdminAuditLog and of the log's structure say it: looking is not logged. Bounded: the
oldest entries go first.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from threading import Lock
from typing import Any

#: Verbs that only look.
NOT_LOGGED = ("Get-", "Search-", "Test-")
#: It changes the session, and nothing in the organization.
OF_THE_SESSION = "Set-ADServerSettings"
_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One cmdlet that was run to change something."""

    number: int
    at: datetime
    caller: str
    cmdlet: str
    object_modified: str
    parameters: tuple[tuple[str, str], ...]
    succeeded: bool
    server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is searched for; None or empty leaves it open. Names are compared without case."""

    cmdlets: Iterable[str] = ()
    parameters: Iterable[str] = ()
    callers: Iterable[str] = ()
    objects: Iterable[str] = ()
    succeeded: bool | None = None
    start: datetime | None = None
    end: datetime | None = None

    def fits(self, entry: AuditEntry) -> bool:
        """Whether an entry is meant."""
        named = {name.lower() for name, _ in entry.parameters}
        return (
            _among(entry.cmdlet, self.cmdlets)
            and _among(entry.caller, self.callers)
            and _among(entry.object_modified, self.objects)
            and (not (asked := {name.lower() for name in self.parameters}) or bool(asked & named))
            and self.succeeded in (None, entry.succeeded)
            and (self.start is None or entry.at >= self.start)
            and (self.end is None or entry.at <= self.end)
        )


def _among(text: str, wanted: Iterable[str]) -> bool:
    names = {name.lower() for name in wanted}
    return not names or text.lower() in names


class AdminAudit:
    """The log of one organization."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: deque[AuditEntry] = deque(maxlen=_KEPT)
        self._numbers = count(1)

    def record(
        self,
        *,
        caller: str,
        cmdlet: str,
        object_modified: str,
        parameters: Mapping[str, Any],
        succeeded: bool,
        server: str,
    ) -> None:
        """Write down a cmdlet that has run, unless it only looked."""
        if cmdlet.startswith(NOT_LOGGED) or cmdlet == OF_THE_SESSION:
            return
        written = tuple((name, _written(value)) for name, value in parameters.items())
        with self._lock:
            entry = AuditEntry(
                next(self._numbers), datetime.now(UTC), caller, cmdlet, object_modified, written, succeeded, server
            )
            self._entries.append(entry)

    def search(self, wanted: Wanted, *, first: int = 0, size: int) -> Iterator[AuditEntry]:
        """The newest first."""
        with self._lock:
            found = [entry for entry in reversed(self._entries) if wanted.fits(entry)]
        yield from islice(found, first, first + size)

    def clear(self) -> None:
        """For another organization."""
        with self._lock:
            self._entries.clear()


def _written(value: Any) -> str:
    """A parameter's value as the log shows it."""
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    if isinstance(value, dict):
        return ";".join(f"{name}:{_written(part)}" for name, part in value.items())
    return "" if value is None else str(value)
