"""One element of the audit log: the row that it stands for, and the bytes that are hashed.

The bytes of a message are its kind of element and its fields in their order, with NUL between, which no field has; its
data are JSON with sorted names and without spaces. What a person has written freely is hashed as a digest with a
salt of its own, so that text and salt can be erased later and the log still verifies.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from exconn.audit.merkle import leaf_hash

_SALT_BYTES = 16
#: What people write freely, by its place in a row. The sentence of a message repeats what its data say.
FREE_TEXTS = (("data", "because"), ("data", "request", "reason"))
_SENTENCE = ("text",)


class EntryKind(StrEnum):
    """What an element stands for."""

    MESSAGE = "message"
    #: A message from before there was a log: its number is not compared with its neighbours'.
    ADOPTED = "adopted"
    #: A record that could not be read, and was put aside.
    ASIDE = "aside"
    #: The ledger was set back, or another server took its place: numbers up to here may come again.
    SET_BACK = "set-back"


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

    @property
    def erased(self) -> int:
        """How many of its texts were erased."""
        return sum(not one.salt for one in self.private.values())

    def is_as_hashed(self) -> bool:
        """Whether the row is the one that was put into the log."""
        if self.row is None:
            return False
        hidden = dict(self.row)
        for place, private in self.private.items():
            if not _matches(hidden, place, private):
                return False
            hidden = _replaced(hidden, tuple(place.split(".")), private.digest)
        return leaf_hash(canonical(self.kind, hidden)).hex() == self.hash


def canonical(kind: str, row: Mapping[str, Any], *, at: int | None = None) -> bytes:
    """The bytes that are hashed; `at` is the moment of a row that does not have it in milliseconds."""
    if kind not in _OF_MESSAGES:
        return f"{kind}\0{_ENCODER.encode(row)}".encode()
    data = row["data"]
    fields = (
        kind,
        row["record"],
        str(row["sequence"]),
        str(row["number"]),
        row["severity"],
        row["connector"],
        str(row["at"] if at is None else at),
        row["by"],
        row["job"],
        row["kind"],
        row["state"],
        row["phase"],
        str(row["epoch"]),
        row["text"],
        _ENCODER.encode(data) if data else "{}",
    )
    return "\0".join(fields).encode()


def may_be_erased(row: Mapping[str, Any]) -> bool:
    """Whether a row may have texts of people."""
    data = row.get("data", ())
    return "because" in data or "request" in data


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


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)
#: As texts: a member of an enumeration is found much more slowly.
_OF_MESSAGES = frozenset((EntryKind.MESSAGE.value, EntryKind.ADOPTED.value))


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
