"""Which Exchange a cmdlet or parameter is for: the pages say it for each, and nothing else is sent.

Which server a session talks to is known in part: whether it is somebody else's, and sometimes its version.
"""

import re
from dataclasses import dataclass
from typing import Literal

Version = Literal["2010", "2013", "2016", "2019", "SE"]

#: Tokens of the table that stand for servers of one's own, oldest first.
ON_PREMISES: tuple[Version, ...] = ("2010", "2013", "2016", "2019", "SE")
ONLINE = "online"

_BUILD = re.compile(r"(?:Version )?(\d{1,2})\.(\d{1,2}) \(Build (\d{1,5})\.(\d{1,5})\)")
_MAJOR_MINOR: dict[tuple[int, int], Version] = {(15, 0): "2013", (15, 1): "2016", (15, 2): "2019"}
#: 2019 and the subscription edition share version 15.2; Microsoft's CSS-Exchange scripts tell them apart by this build.
_FIRST_SE_BUILD = 2562


def build_of(text: str) -> tuple[int, int, int, int] | None:
    """The numbers of `Version 15.2 (Build 986.5)`, as Get-ExchangeServer shows it."""
    match = _BUILD.fullmatch(text.strip())
    return (int(match[1]), int(match[2]), int(match[3]), int(match[4])) if match else None


def version_of(text: str) -> Version | None:
    """The version behind a build as Get-ExchangeServer shows it; None for an unknown one."""
    numbers = build_of(text)
    if numbers is None:
        return None
    major, minor, build, _ = numbers
    if major == 14:
        return "2010"
    found = _MAJOR_MINOR.get((major, minor))
    return "SE" if found == "2019" and build >= _FIRST_SE_BUILD else found


@dataclass(frozen=True, slots=True)
class ExchangeTarget:
    """What a command is about to be sent to; `version` None means that it is not known."""

    hosted: bool = False
    version: Version | None = None

    def offers(self, applies_to: frozenset[str]) -> bool:
        """Can it have what the page of a cmdlet or parameter says to be in these?"""
        if self.hosted:
            return ONLINE in applies_to
        if self.version is not None:
            return self.version in applies_to
        return not applies_to.isdisjoint(ON_PREMISES)

    def __str__(self) -> str:
        if self.hosted:
            return "a hosted Exchange"
        return f"Exchange {self.version}" if self.version else "an Exchange of one's own"
