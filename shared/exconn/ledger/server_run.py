"""Which run of a server this is, and whether that server was a replica.

A server gives itself a new run id and a new replication id at each start, also when it reads the same append-only file
as before: neither tells what data it has. But one that was promoted keeps the replication id of the server that it
copied (`master_replid2`) until it is started anew. So a new run that was a replica is a fail-over, and one that was not
is a restart, or a restore.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True)
class ServerRun:
    """The run id of a server, and whether it was a replica in this run."""

    run_id: str = ""
    was_replica: bool = False


def server_run(client: "redis.Redis") -> ServerRun:
    """The run that answers now. Raises what the client raises."""
    server = client.info("server")
    replication = client.info("replication")
    copied = str(replication.get("master_replid2", "")).strip("0")
    return ServerRun(str(server.get("run_id", "")), bool(copied))
