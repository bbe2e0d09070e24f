"""Listed devices by owner, 20 bytes each, and their division into the parts of a sweep (pure)."""

from collections.abc import Callable, Iterator
from itertools import groupby
from uuid import UUID

from exconn.contracts.work import OwnerDevices

_OWNER = 4
_GUID = 16
_RECORD = _OWNER + _GUID
#: Devices whose owner is not among the mailboxes; no mailbox can be asked for their statistics.
_NOBODY = 2 ** (8 * _OWNER) - 1


class DevicesByOwner:
    """Which devices were listed, and whose they are: 20 bytes each."""

    def __init__(self) -> None:
        self._records = bytearray()
        self._sorted: list[bytes] | None = None

    def add(self, guid: str, owner: int | None) -> None:
        """Remember a device under its owner's number."""
        self._records += (_NOBODY if owner is None else owner).to_bytes(_OWNER) + UUID(guid).bytes
        self._sorted = None

    @property
    def devices(self) -> int:
        """How many different devices were listed."""
        return len(self._in_order())

    def owners(self) -> Iterator[int]:
        """The numbers of the owners that have devices."""
        for number, _ in self._by_owner():
            if number != _NOBODY:
                yield number

    def parts(self, size: int, guid_of: Callable[[int], str]) -> Iterator[tuple[OwnerDevices, ...]]:
        """Parts of about `size` devices; an owner is never cut in two."""
        part: list[OwnerDevices] = []
        count = 0
        for number, devices in self._by_owner():
            if number == _NOBODY:
                continue
            part.append(OwnerDevices(mailbox=guid_of(number), devices=devices))
            count += len(devices)
            if count >= size:
                yield tuple(part)
                part, count = [], 0
        if part:
            yield tuple(part)

    def _by_owner(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        for owner, records in groupby(self._in_order(), key=lambda record: record[:_OWNER]):
            yield int.from_bytes(owner), tuple(str(UUID(bytes=record[_OWNER:])) for record in records)

    def _in_order(self) -> list[bytes]:
        if self._sorted is None:
            starts = range(0, len(self._records), _RECORD)
            in_order = sorted(bytes(self._records[at : at + _RECORD]) for at in starts)
            self._sorted = [record for record, _ in groupby(in_order)]
        return self._sorted
