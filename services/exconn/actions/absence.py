"""Is a device gone that Exchange does not show? One domain controller learns late, so one alone is not believed soon.

A change reaches the domain controllers of other sites after minutes; a session can be answered by any of them.
"""

from collections.abc import Iterable
from datetime import datetime

from exconn.actions.context import ActionContext

#: With one domain controller as the only witness, a device has to be missing for so many times the longest time between
#: two looks (15 minutes unless the definition says otherwise): assumed to be enough for what it does not know yet.
LONGEST_PAUSES = 3


class NotShownError(Exception):
    """Exchange does not show the device. `controllers` are the domain controllers that are known to have said so."""

    def __init__(self, controllers: Iterable[str]) -> None:
        self.controllers = frozenset(controllers)
        super().__init__("the device is not shown")


class Absence:
    """Looks in a row that did not find the device, kept in the notes of the job under `name`."""

    def __init__(self, case: ActionContext, name: str) -> None:
        noted = case.notes.get(name)
        known = noted if isinstance(noted, dict) else {}
        self._case = case
        self._name = name
        self._now = case.running.ledger.time()
        self._since = datetime.fromisoformat(known["since"]) if known else self._now
        self._controllers = frozenset(known.get("controllers", ()))
        self.looks = int(known.get("looks", 0))

    def add(self, not_shown: NotShownError) -> None:
        """One more look did not find it. Raises LeaseLostError."""
        self.looks += 1
        self._controllers |= {name.casefold() for name in not_shown.controllers}
        kept = {"since": self._since.isoformat(), "controllers": sorted(self._controllers), "looks": self.looks}
        self._case.notes.add(**{self._name: kept})

    def end(self) -> None:
        """It is there. Raises LeaseLostError."""
        if self.looks:
            self._case.notes.add(**{self._name: None})

    def is_final(self, looks: int) -> bool:
        """After so many looks at least: did two domain controllers say so, or one for long enough?"""
        long = LONGEST_PAUSES * self._case.lookups.longest_pause
        return self.looks >= looks and (len(self._controllers) > 1 or self._now - self._since >= long)
