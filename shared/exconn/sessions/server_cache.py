"""The organization's Exchange servers as they were last read: what remains known when nobody answers.

Written by the discovery worker, read by all workers. It only widens where a worker looks; where a password may go is
decided by the definition alone.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from exconn.exchange import Server
from exconn.keyspace import keys

if TYPE_CHECKING:
    import redis

#: The newest format that this version reads.
FORMAT = 1
#: How old the list may become before it is read again.
FRESH = timedelta(hours=1)
MOST_SERVERS = 500


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
        """The list, or None when none was ever read, or a newer version wrote it."""
        stored = cast("str | None", self._client.get(keys.topology(connector)))
        if not stored:
            return None
        content = json.loads(stored)
        if content["v"] > FORMAT:
            return None
        servers = tuple(Server(**{**each, "roles": tuple(each["roles"])}) for each in content["servers"])
        return KnownServers(servers=servers, read=datetime.fromisoformat(content["read"]))

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
