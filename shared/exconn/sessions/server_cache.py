"""The organization's Exchange servers as they were last read: what remains known when nobody answers.

Written by the discovery worker, read by all workers. It only widens where a worker looks; where a password may go is
decided by the definition alone.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from pydantic import TypeAdapter

from exconn.exchange import Server
from exconn.keyspace import keys
from exconn.keyspace.written import MALFORMED, parsed
from exconn.logs import get_logger

if TYPE_CHECKING:
    import redis

log = get_logger(__name__)

#: The newest format that this version reads.
FORMAT = 1
#: How old the list may become before it is read again.
FRESH = timedelta(hours=1)
MOST_SERVERS = 500
_SERVERS = TypeAdapter(tuple[Server, ...])


@dataclass(frozen=True, kw_only=True)
class KnownServers:
    """What was read, and when, by the clock of the ledger's server."""

    servers: tuple[Server, ...]
    read: datetime


class ServerCache:
    """Keeps the newest list of each connector."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def recall(self, connector: str) -> KnownServers | None:
        """The list, or None when none was ever read, a newer version wrote it, or nobody can read it."""
        stored = cast("str | None", self._client.get(keys.topology(connector)))
        if not stored:
            return None
        try:
            return _decoded(parsed(stored))
        except MALFORMED as exc:
            log.warning("list of servers cannot be read", connector=connector, error=type(exc).__name__)
            return None

    def is_fresh(self, known: KnownServers | None) -> bool:
        """Whether it need not be read again yet."""
        return known is not None and self._now() - known.read < FRESH

    def keep(self, connector: str, servers: list[Server]) -> None:
        """Replace the list; an empty one says nothing, and is not kept."""
        if servers:
            content = {
                "v": FORMAT,
                "read": self._now().isoformat(),
                "servers": [asdict(each) for each in servers[:MOST_SERVERS]],
            }
            self._client.set(keys.topology(connector), json.dumps(content))

    def _now(self) -> datetime:
        seconds, microseconds = self._client.time()
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)


def _decoded(content: Any) -> KnownServers | None:
    if content["v"] > FORMAT:
        return None
    read = datetime.fromisoformat(content["read"])
    if read.tzinfo is None:
        raise ValueError("a time of no zone")
    return KnownServers(servers=_SERVERS.validate_python(content["servers"]), read=read)
