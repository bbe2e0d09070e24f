"""A mark: which record was the newest, kept where a set-back of the ledger does not reach."""

import re
from dataclasses import dataclass

#: Longer numbers are forged, and Python refuses to read very long ones.
_NUMBER, _ID, _DIGEST = r"[0-9]{1,18}", r"[0-9]{1,18}-[0-9]{1,18}", r"[0-9a-f]{40}"


@dataclass(frozen=True)
class Mark:
    """A record: its number in the audit sequence, its id in the status stream, the digest of what it tells.

    Without an id it is only a number, as earlier versions wrote it.
    """

    number: int = 0
    id: str = ""
    digest: str = ""

    @classmethod
    def read(cls, text: str) -> "Mark":
        """The mark in a text; one of nothing when the text is none."""
        parts = text.split(" ")
        known = zip((_NUMBER, _ID, _DIGEST), parts, strict=False)
        if len(parts) not in (1, 3) or not all(re.fullmatch(form, part) for form, part in known):
            return cls()
        return cls(int(parts[0]), *parts[1:])

    def __str__(self) -> str:
        return f"{self.number} {self.id} {self.digest}".rstrip()
