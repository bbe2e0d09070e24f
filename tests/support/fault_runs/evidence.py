"""What really happened, from two witnesses that the services cannot influence.

The simulated Exchange's own log of cmdlets, and the append-only file of the ledger server, which keeps every status
message that was ever written, also those that were trimmed since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from exconn.keyspace import keys
from exconn.stream import StatusMessage, parse_message
from tests.support.machine.processes import comes_true


@dataclass(frozen=True)
class Clear:
    """A wipe cmdlet that Exchange executed with effect; `cancel` when it took a wipe back."""

    guid: str
    at: datetime
    cancel: bool = False


def clears(entries: list[dict[str, Any]]) -> list[Clear]:
    """The wipes and cancellations among the entries of the simulated Exchange's log, in order."""
    return [
        Clear(
            guid=entry["identity_guid"],
            at=datetime.fromisoformat(entry["at"]),
            cancel=bool(entry["parameters"].get("Cancel")),
        )
        for entry in entries
        if entry["outcome"] == "ok" and entry["identity_guid"]
    ]


def status_messages(data_dir: Path) -> list[StatusMessage]:
    """Every status message in the append-only file below `data_dir`, in the order of writing."""
    return [
        _message(command)
        for path in sorted((data_dir / "appendonlydir").glob("*.incr.aof"), key=_number)
        for command in _commands(path.read_bytes())
        if len(command) > 3 and command[0].upper() == b"XADD" and command[1] == keys.STATUS.encode()
    ]


def shown_messages(monitor_url: str, *, last: int, within: timedelta) -> list[int]:
    """The numbers of the messages in the read model, once it shows number `last`, or when time is up."""
    shown: list[int] = []

    def has_last() -> bool:
        # Page by page; an empty one waits for the next message by itself.
        query = {"after": shown[-1] if shown else 0, "limit": 500, "wait": 1}
        try:
            reply = httpx2.get(f"{monitor_url}/v1/messages", params=query, timeout=10.0, trust_env=False)
        except httpx2.TransportError:
            return False
        found = reply.json()["messages"] if reply.status_code == httpx2.codes.OK else []
        shown.extend(int(message["sequence"]) for message in found)
        return bool(shown) and shown[-1] >= last

    comes_true(has_last, within)
    return shown


def _message(command: list[bytes]) -> StatusMessage:
    texts = [part.decode() for part in command[2:]]
    fields: Mapping[str, str] = dict(zip(texts[1::2], texts[2::2], strict=True))
    return parse_message(texts[0], fields)


def _number(path: Path) -> int:
    return int(path.name.split(".")[-3])


def _commands(content: bytes) -> Iterator[list[bytes]]:
    """The commands of an append-only file; a last one that was cut off is left out."""
    place = 0
    while place < len(content):
        end = content.find(b"\r\n", place)
        if end < 0:
            return
        kind, rest = content[place : place + 1], content[place + 1 : end]
        place = end + 2
        if kind != b"*":  # a comment
            continue
        command, place = _arguments(content, place, int(rest))
        if place < 0:
            return
        yield command


def _arguments(content: bytes, place: int, count: int) -> tuple[list[bytes], int]:
    command = []
    for _ in range(count):
        end = content.find(b"\r\n", place)
        size = int(content[place + 1 : end]) if end > 0 else 0
        if end < 0 or end + 2 + size + 2 > len(content):
            return [], -1
        command.append(content[end + 2 : end + 2 + size])
        place = end + 2 + size + 2
    return command, place


def now() -> datetime:
    """This machine's clock, which Exchange and ledger of a campaign share."""
    return datetime.now(UTC)
