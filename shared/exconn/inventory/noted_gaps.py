"""What the parts of a sweep noted as missing, added up."""

from typing import cast

import redis

from exconn.contracts import ReadingGaps
from exconn.keyspace import keys


def noted_gaps(client: "redis.Redis", connector: str, sweep: int) -> ReadingGaps | None:
    """The sum; None where this sweep noted nothing, not even that nothing is missing."""
    name = keys.gaps(connector)
    if cast("bytes | None", client.hget(name, "sweep")) != str(sweep).encode():
        return None
    found = ReadingGaps()
    for field, value in client.hscan_iter(name, count=500):
        if field != b"sweep":
            found += ReadingGaps.model_validate_json(value)
    return found
