"""Reading a stream in order, from a known place, in bounded batches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import redis

Record = tuple[str, Mapping[str, str]]


@dataclass(frozen=True)
class Cursor:
    """A stream and the last record of it that is done with ("0-0" before the first)."""

    stream: str
    last_id: str = "0-0"


def read_after(
    client: "redis.Redis", cursors: list[Cursor], *, count: int = 200, wait: timedelta = timedelta(seconds=1)
) -> dict[str, list[Record]]:
    """Up to `count` records of each stream behind its cursor; waits up to `wait` for the first.

    `wait` must stay below the client's own time-out.
    """
    found = client.xread(
        {cursor.stream: cursor.last_id for cursor in cursors},
        count=count,
        block=max(1, int(wait.total_seconds() * 1000)),
    )
    return dict(cast("list[tuple[str, list[Record]]]", found or []))
