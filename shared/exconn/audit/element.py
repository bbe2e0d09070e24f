"""One element of the audit log, and the row that it stands for.

What a person has written freely is hashed as a digest with a salt of its own, so that text and salt can be erased later
and the log still verifies.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from exconn.audit.canonical import FIELDS, encode, row_of, said
from exconn.audit.merkle import leaf_hash

_SALT_BYTES = 16
#: What people write freely, by its place in a row. The sentence of a message repeats what its data say.
FREE_TEXTS = (("data", "because"), ("data", "request", "reason"))
_SENTENCE = ("text",)
_NAMES = frozenset(FIELDS)


class EntryKind(StrEnum):
    """What an element stands for."""

    MESSAGE = "message"
    #: A message from before there was a log: its number is not compared with its neighbours'.
    ADOPTED = "adopted"
    #: A record that could not be read, and was put aside.
    ASIDE = "aside"
    #: The ledger was set back, or another server took its place: numbers up to here may come again.
    SET_BACK = "set-back"


#: Elements that a message stands for. As texts: a member of an enumeration is found much more slowly.
OF_MESSAGES = frozenset((EntryKind.MESSAGE.value, EntryKind.ADOPTED.value))

#: An element as it travels, many at a time: position, kind, number, record, hash, what is said (of a message the text
#: that is hashed, of others an object, None where it is gone), and by its place the digest and salt of erasable texts.
Element = tuple[int, str, int, str, str, "str | Mapping[str, Any] | None", "Mapping[str, Sequence[str]] | None"]


@dataclass(frozen=True)
class Private:
    """A text that may be erased: its digest, and the salt while it is there."""

    digest: str
    salt: str = ""

    def fits(self, text: str) -> bool:
        """Whether this is the text."""
        return bool(self.salt) and _digest(bytes.fromhex(self.salt), text) == self.digest


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An element as it is stored. `row` is what the log says of it, None where that is gone.

    `private` has the erasable texts by their place, joined with dots.
    """

    position: int
    kind: str
    sequence: int
    record: str
    hash: str
    row: Mapping[str, Any] | None
    private: Mapping[str, Private] = field(default_factory=dict)

    @classmethod
    def of(cls, element: Element) -> "Entry":
        """The element as it travelled; a row that is none at all was edited, so it is an empty one."""
        position, kind, sequence, record, hash_, told, private = element
        try:
            row = row_of(told) if isinstance(told, str) else told
        except (ValueError, RecursionError):
            row = {}
        texts = {place: Private(*one) for place, one in (private or {}).items()}
        return cls(position=position, kind=kind, sequence=sequence, record=record, hash=hash_, row=row, private=texts)

    @property
    def erased(self) -> int:
        """How many of its texts were erased."""
        return sum(not one.salt for one in self.private.values())

    def is_as_hashed(self) -> bool:
        """Whether the row is the one that was put into the log."""
        if self.row is None or (self.kind in OF_MESSAGES and not self._is_of_its_message(self.row)):
            return False
        hidden = dict(self.row)
        for place, private in self.private.items():
            if not _matches(hidden, place, private):
                return False
            hidden = _replaced(hidden, tuple(place.split(".")), private.digest)
        return leaf_hash(canonical(self.kind, hidden)).hex() == self.hash

    def _is_of_its_message(self, row: Mapping[str, Any]) -> bool:
        """Whether all is there, and number and record of the element, which are not hashed, are those of the row."""
        return row.keys() >= _NAMES and (row["sequence"], row["record"]) == (self.sequence, self.record)


def canonical(kind: str, row: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed. Raises KeyError for a row that lacks something."""
    return f"{kind}\0{said(row) if kind in OF_MESSAGES else encode(row)}".encode()


def hide(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, Private]]:
    """The row as it is hashed, and the texts of it that may be erased."""
    found: dict[tuple[str, ...], str] = {
        place: text for place in FREE_TEXTS if isinstance(text := _at(row, place), str) and text
    }
    if any(text in str(row.get("text", "")) for text in found.values()):
        found[_SENTENCE] = str(row["text"])
    hidden, private = row, {}
    for place, text in found.items():
        salt = secrets.token_bytes(_SALT_BYTES)
        one = Private(_digest(salt, text), salt.hex())
        private[".".join(place)] = one
        hidden = _replaced(hidden, place, one.digest)
    return hidden, private


def _digest(salt: bytes, text: str) -> str:
    return hashlib.sha256(salt + text.encode()).hexdigest()


def _matches(row: Mapping[str, Any], place: str, private: Private) -> bool:
    """Whether the text there is the one of the digest; of an erased one, nothing may be there."""
    text = _at(row, tuple(place.split(".")))
    return text == "" if not private.salt else isinstance(text, str) and private.fits(text)


def _at(row: Mapping[str, Any], place: tuple[str, ...]) -> object:
    found: object = row
    for name in place:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def _replaced(row: Mapping[str, Any], place: tuple[str, ...], digest: str) -> dict[str, Any]:
    name, *rest = place
    inner = row[name]
    if rest:
        return {**row, name: _replaced(inner, tuple(rest), digest)}
    return {**row, name: f"digest:{digest}"}
