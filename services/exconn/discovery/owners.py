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
_RECORD = _KEY + _GUID + 1 + _NAME
_FLAG = _KEY + _GUID
_FOLDED = b"\x01"
_NOT_FOLDED = b"\x00"


class OwnerIndex:
    """Distinguished name -> number of the owner, its GUID, and which device ids it allows or blocks personally.

    Filled by `add`, then sealed once; looked up afterwards. Names and ids are kept as 64-bit digests.
    """

    def __init__(self) -> None:
        self._records = bytearray()
        self._long_names: dict[str, str] = {}
        self._allowed = array("Q")
        self._blocked = array("Q")

    def add(self, owner: MailboxOwner, *, folded: bool) -> None:
        """Remember an owner, and whether its fact went out."""
        key = _digest(owner.distinguished_name)
        name = owner.user_name.encode()
        if len(name) > _NAME:
            self._long_names[owner.guid] = owner.user_name
            name = b""
        self._records += key + UUID(owner.guid).bytes + (_FOLDED if folded else _NOT_FOLDED) + name.ljust(_NAME, b"\0")
        self._allowed.extend(_ids(owner.guid, owner.allowed_ids))
        self._blocked.extend(_ids(owner.guid, owner.blocked_ids))

    def seal(self) -> None:
        """Sort: from now on owners are looked up."""
        starts = range(0, len(self._records), _RECORD)
        self._records = bytearray(b"".join(sorted(bytes(self._records[at : at + _RECORD]) for at in starts)))
        self._allowed = array("Q", sorted(self._allowed))
        self._blocked = array("Q", sorted(self._blocked))

    def __len__(self) -> int:
        return len(self._records) // _RECORD

    def number_of(self, distinguished_name: str) -> int | None:
        """The number of the owner with that name, or None."""
        key = _digest(distinguished_name)
        number = bisect_left(range(len(self)), key, key=self._key)
        return number if number < len(self) and self._key(number) == key else None

    def guid(self, number: int) -> str:
        """The GUID of an owner."""
        start = number * _RECORD + _KEY
        return str(UUID(bytes=bytes(self._records[start : start + _GUID])))

    def is_folded(self, number: int) -> bool:
        """Whether the owner's fact went out."""
        start = number * _RECORD + _FLAG
        return bytes(self._records[start : start + 1]) == _FOLDED

    def user_name(self, number: int) -> str:
        """The logon name of an owner."""
        start = number * _RECORD + _FLAG + 1
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
