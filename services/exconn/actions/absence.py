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
    """Exchange does not show the device. `controllers` are the domain controllers that are known to have said so.

    A look that is not `complete`, as in a list that lacks what could not be read, says nothing about the device.
    """

    def __init__(self, controllers: Iterable[str], *, complete: bool = True) -> None:
        self.controllers = frozenset(controllers) if complete else frozenset()
        self.complete = complete
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
        self._complete = int(known.get("complete", self.looks))
        #: Whether the last look says anything.
        self.is_told = True

    def add(self, not_shown: NotShownError) -> None:
        """One more look did not find it. Only complete ones count for its being gone. Raises LeaseLostError."""
        if not self._complete:
            self._since = self._now
        self.looks += 1
        self._complete += not_shown.complete
        self.is_told = not_shown.complete
        self._controllers |= {name.casefold() for name in not_shown.controllers}
        kept = {
            "since": self._since.isoformat(),
            "controllers": sorted(self._controllers),
            "looks": self.looks,
            "complete": self._complete,
        }
        self._case.notes.add(**{self._name: kept})

    def end(self) -> None:
        """It is there. Raises LeaseLostError."""
        if self.looks:
            self._case.notes.add(**{self._name: None})

    def is_final(self, looks: int) -> bool:
        """After so many complete looks at least: did two domain controllers say so, or one for long enough?"""
        long = LONGEST_PAUSES * self._case.lookups.longest_pause
        is_said = len(self._controllers) > 1 or self._now - self._since >= long
        return self.is_told and self._complete >= looks and is_said
