"""What a process writes as its sign of life: when, and which bounds of its deployment are not set."""

import re
from dataclasses import dataclass

_SETTING = re.compile(r"EXCONN_[A-Z_]{1,40}")


#: More digits are after the year 5000.
_LONGEST_MS = 14


@dataclass(frozen=True)
class Heartbeat:
    """When a process last said that it lives, by the ledger server's clock, and the settings that it lacks."""

    at_ms: int
    unset: tuple[str, ...] = ()


def parse_heartbeat(text: str) -> Heartbeat | None:
    """The heartbeat in the text; None where it is none. What is no name of a setting is left out."""
    at, *words = text.split(" ")
    if not (at.isascii() and at.isdigit() and len(at) <= _LONGEST_MS):
        return None
    return Heartbeat(int(at), tuple(word for word in words if _SETTING.fullmatch(word)))


def moments(beats: dict[str, str]) -> dict[str, int]:
    """When each process was last heard of, in milliseconds, by the hash of heartbeats; what is none is left out."""
    known = {field: parse_heartbeat(text) for field, text in beats.items()}
    return {field: beat.at_ms for field, beat in known.items() if beat is not None}
