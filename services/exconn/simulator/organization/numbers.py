"""Seeded numbers: GUIDs that lead back to what they stand for, and random numbers that a seed repeats.

A GUID holds its item's number (scrambled) and a digest of it, so that a million objects need no index.
"""

from hashlib import blake2b
from uuid import UUID

_NUMBER_BITS = 40
_MASK = (1 << _NUMBER_BITS) - 1
_MULTIPLIER = 0x9E3779B97F & _MASK | 1
_INVERSE = pow(_MULTIPLIER, -1, 1 << _NUMBER_BITS)


class NumberKind:
    """Kinds of objects; a GUID belongs to one of them."""

    DEVICE = 1
    OWNER = 2
    MAILBOX = 3
    POLICY = 4
    SETTINGS = 5
    SERVER = 6
    RULE = 7
    THRESHOLD = 8


class Dice:
    """All randomness of one seed."""

    def __init__(self, seed: int) -> None:
        self._key = blake2b(str(seed).encode(), digest_size=16).digest()

    def roll(self, kind: int, number: int) -> int:
        """256 bits that depend only on seed, kind and number."""
        digest = blake2b(number.to_bytes(6, "big"), key=self._key, salt=kind.to_bytes(16, "big"), digest_size=32)
        return int.from_bytes(digest.digest(), "big")

    def guid(self, kind: int, number: int) -> str:
        """The GUID of an object, as lower-case text."""
        digits = f"{self._guid_bits(kind, number):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def _guid_bits(self, kind: int, number: int) -> int:
        scrambled = ((number << 4 | kind) * _MULTIPLIER) & _MASK
        check = self.roll(kind, number) & ((1 << 82) - 1)
        bits = scrambled << 82 | check
        # Laid round the version and variant bits of a random GUID.
        high, middle, low = bits >> 74, bits >> 62 & 0xFFF, bits & ((1 << 62) - 1)
        return high << 80 | 0x4 << 76 | middle << 64 | 0b10 << 62 | low

    def number_of(self, kind: int, guid: str) -> int | None:
        """The number behind a GUID; None when it is no GUID of that kind made by this seed."""
        try:
            value = UUID(guid).int
        except ValueError:
            return None
        scrambled = value >> 88
        tagged = (scrambled * _INVERSE) & _MASK
        number = tagged >> 4
        return number if tagged & 0xF == kind and self._guid_bits(kind, number) == value else None
