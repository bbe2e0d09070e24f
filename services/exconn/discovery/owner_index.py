"""The owners of an organization, packed: a large one has a million, and the worker must not grow with it.

A device is joined to its owner by the parent of its distinguished name.
"""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from uuid import UUID

from exconn.exchange import MailboxOwner

_KEY = 8
_GUID = 16
#: Logon names have at most 20 characters; longer ones (local parts of addresses) are kept in a dictionary.
_NAME = 20
_RECORD = _KEY + _GUID + _NAME


class OwnerIndex:
    """Distinguished name -> number of the owner, its GUID, and which device ids it allows or blocks personally.

    Filled by `add`, then sealed once; looked up afterwards. Names and ids are kept as 64-bit digests. The few that
    are added behind the seal keep the numbers of the others as they are.
    """

    def __init__(self) -> None:
        self._records = bytearray()
        self._long_names: dict[str, str] = {}
        self._allowed = array("Q")
        self._blocked = array("Q")
        self._sealed = 0
        self._late: dict[bytes, int] = {}

    def add(self, owner: MailboxOwner) -> None:
        """Remember an owner."""
        key = _digest(owner.distinguished_name)
        name = owner.user_name.encode()
        if len(name) > _NAME:
            self._long_names[owner.guid] = owner.user_name
            name = b""
        self._records += key + UUID(owner.guid).bytes + name.ljust(_NAME, b"\0")
        self._allowed.extend(_ids(owner.guid, owner.allowed_ids))
        self._blocked.extend(_ids(owner.guid, owner.blocked_ids))

    def add_late(self, owner: MailboxOwner) -> int:
        """Remember one more after the seal; its number."""
        number = len(self)
        self.add(owner)
        self._late[_digest(owner.distinguished_name)] = number
        # Both were sorted, and hardly anything is out of order.
        self._allowed = array("Q", sorted(self._allowed))
        self._blocked = array("Q", sorted(self._blocked))
        return number

    def seal(self) -> None:
        """Sort: from now on owners are looked up."""
        starts = range(0, len(self._records), _RECORD)
        self._records = bytearray(b"".join(sorted(bytes(self._records[at : at + _RECORD]) for at in starts)))
        self._allowed = array("Q", sorted(self._allowed))
        self._blocked = array("Q", sorted(self._blocked))
        self._sealed = len(self)

    def __len__(self) -> int:
        return len(self._records) // _RECORD

    def number_of(self, distinguished_name: str) -> int | None:
        """The number of the owner with that name, or None."""
        key = _digest(distinguished_name)
        number = bisect_left(range(self._sealed), key, key=self._key)
        return number if number < self._sealed and self._key(number) == key else self._late.get(key)

    def guid(self, number: int) -> str:
        """The GUID of an owner."""
        start = number * _RECORD + _KEY
        return str(UUID(bytes=bytes(self._records[start : start + _GUID])))

    def user_name(self, number: int) -> str:
        """The logon name of an owner."""
        start = number * _RECORD + _KEY + _GUID
        short = bytes(self._records[start : start + _NAME]).rstrip(b"\0").decode()
        return short or self._long_names.get(self.guid(number), "")

    def allows(self, number: int, device_id: str) -> bool:
        """Whether the device stands on the owner's list of allowed ids."""
        return _holds(self._allowed, self.guid(number), device_id)

    def blocks(self, number: int, device_id: str) -> bool:
        """Whether the device stands on the owner's list of blocked ids."""
        return _holds(self._blocked, self.guid(number), device_id)

    def _key(self, number: int) -> bytes:
        start = number * _RECORD
        return bytes(self._records[start : start + _KEY])


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.casefold().encode(), digest_size=_KEY).digest()


def _ids(guid: str, device_ids: Iterable[str]) -> list[int]:
    return [int.from_bytes(_digest(f"{guid}/{device_id}")) for device_id in device_ids]


def _holds(sorted_ids: "array[int]", guid: str, device_id: str) -> bool:
    wanted = int.from_bytes(_digest(f"{guid}/{device_id}"))
    at = bisect_left(sorted_ids, wanted)
    return at < len(sorted_ids) and sorted_ids[at] == wanted
