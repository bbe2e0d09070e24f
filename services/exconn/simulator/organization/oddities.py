"""What is odd about the objects of an old organization, by their numbers: the same seed has the same oddities.

How often each occurs is made up, so that some hundred phones show them all.
"""

from exconn.simulator.organization.directory import OwnerKind
from exconn.simulator.organization.estate import Estate
from exconn.simulator.organization.people import ProbeKind

#: Every so many owners, and the first of them.
_KINDS = (
    (19, 7, OwnerKind.LINKED),
    (37, 11, OwnerKind.SHARED),
    (41, 17, OwnerKind.DISABLED),
    (61, 23, OwnerKind.SOFT_DELETED),
)


class Oddities:
    """What an estate is like, object by object."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def probes(self) -> tuple[ProbeKind, ...]:
        """The mailboxes that servers have been tested with since long ago."""
        return (ProbeKind.HEALTH, *ProbeKind) if self._estate.is_old else ()

    def kind_of(self, owner: int) -> OwnerKind:
        """Which kind of account the mailbox belongs to at the start."""
        if not self._estate.is_old:
            return OwnerKind.USER
        return next((kind for every, first, kind in _KINDS if owner % every == first), OwnerKind.USER)

    def is_conflict(self, device: int) -> bool:
        """Whether two domain controllers made an object of that name at once, and this is the one that lost it."""
        return self._estate.is_old and device % 53 == 21

    def has_device_id(self, device: int) -> bool:
        """Whether the directory knows the device's id; its mailbox does."""
        return not self._estate.is_old or device % 47 != 33

    def is_corrupted(self, number: int) -> bool:
        """Whether there is a warning whenever the object is shown."""
        return self._estate.is_old and number % 31 == 12

    def has_broken_state(self, owner: int) -> bool:
        """Whether the mailbox keeps the state of a phone that can't be read, beside those of its phones."""
        return self._estate.is_old and owner % 10 == 3

    def has_strange_name(self, device: int) -> bool:
        """Whether the name that its user gave it has characters that no XML may hold."""
        return self._estate.is_hostile and device % 23 == 10
