"""Made-up values in place of personal ones: of the same shape, the same for the same value, not to be turned back.

A value is taken apart at everything that is no letter and no digit, and each part gets its stand-in. So a user's name
is the same stand-in in an address, in a distinguished name and in the identity of a device.
"""

import hashlib
import hmac
import re
import string
from collections.abc import Callable

_STRUCTURE = """
cn ou dc o configuration services microsoft exchange exchangeactivesyncdevices first organization administrative
groups group servers mobile mailbox mailboxes policies settings default unlimited true false null version build smtp
http https users computers sites databases dag
"""
#: Parts of directory names and of addresses that name nobody.
STRUCTURE = frozenset(_STRUCTURE.split())
_PART = re.compile(r"[^\W_]+")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_HEX = frozenset("0123456789abcdef")
#: From this length on a part of hexadecimal digits stays one: GUIDs and device ids.
_HEX_FROM = 4
#: Shorter parts are found everywhere by chance; they are no trace of anybody.
TRACE_FROM = 4


#: A part with so many digits, or a long one with half of them, is an id and no model of a phone.
_ID_DIGITS = 7
_ID_FROM = 16


class Pseudonyms:
    """The stand-ins of one recording; `key` is random and thrown away with it."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: set[str] = set()
        self._kinds: set[str] = set()

    def learn_kind(self, text: str) -> None:
        """A kind of device, which is also a part of identities and is no trace of anybody."""
        if _PART.fullmatch(text) and not _looks_like_an_id(text):
            self._kinds.add(text.casefold())

    def part(self, text: str) -> str:
        """The stand-in of one part; letters stay letters in their case, digits stay digits."""
        folded = text.casefold()
        if len(folded) >= TRACE_FROM:
            self._known.add(folded)
        for attempt in range(256):
            made = self._made(text, folded, attempt)
            if made.casefold() != folded:
                return made
        return "x" * len(text)

    def _made(self, text: str, folded: str, attempt: int) -> str:
        noise = hashlib.shake_256(hmac.digest(self._key, f"{attempt}:{folded}".encode(), "sha256")).digest(len(text))
        hexadecimal = len(text) >= _HEX_FROM and set(folded) <= _HEX and not folded.isalpha()
        letters = "abcdef" if hexadecimal else string.ascii_lowercase
        return "".join(_like(letter, noise[position], letters) for position, letter in enumerate(text))

    def value(self, text: str) -> str:
        """A value with a stand-in for each of its parts but those of its structure."""
        return self.parts(text, lambda part: part in STRUCTURE or part in self._kinds)

    def parts(self, text: str, keep: Callable[[str], bool]) -> str:
        """A text with a stand-in for each of its parts but those that `keep`, asked in small letters, keeps."""

        def replaced(found: re.Match[str]) -> str:
            return found[0] if keep(found[0].casefold()) else self.part(found[0])

        return _PART.sub(replaced, _without_escaped_letters(text))

    def traces_out(self, text: str) -> str:
        """A text that is kept, with stand-ins for the parts that belong to somebody seen elsewhere."""
        known = self._known - self._kinds
        return self.parts(text, lambda part: part not in known and not _looks_like_an_id(part))


def _like(letter: str, noise: int, letters: str) -> str:
    if letter.isdigit():
        return string.digits[noise % 10]
    made = letters[noise % len(letters)]
    return made.upper() if letter.isupper() else made


def _without_escaped_letters(text: str) -> str:
    """CLIXML escapes of letters as plain letters: of another alphabet, or halves of a character."""

    def plain(found: re.Match[str]) -> str:
        letter = chr(int(found[1], 16))
        return "x" if letter.isalnum() or "\ud800" <= letter <= "\udfff" or letter == "_" else found[0]

    return _ESCAPE.sub(plain, text)


def _looks_like_an_id(part: str) -> bool:
    """Phone numbers, IMEIs, device ids and GUIDs, wherever they stand."""
    digits = sum(letter.isdigit() for letter in part)
    return digits >= _ID_DIGITS or (len(part) >= _ID_FROM and digits >= _ID_DIGITS // 2)
