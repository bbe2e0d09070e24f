"""A mark: which record was the newest, kept where a set-back of the ledger does not reach."""

import re
from dataclasses import dataclass

#: Longer numbers are forged, and Python refuses to read very long ones.
_MARK = re.compile(r"(?P<number>\d{1,18})(?: (?P<id>\d{1,18}-\d{1,18}) (?P<digest>[0-9a-f]{40}))?")


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
        found = _MARK.fullmatch(text)
        return cls(int(found["number"]), found["id"] or "", found["digest"] or "") if found else cls()

    def __str__(self) -> str:
        return f"{self.number} {self.id} {self.digest}".rstrip()
