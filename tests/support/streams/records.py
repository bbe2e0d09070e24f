"""What stands in a stream, read as a test wants it: as text, oldest first."""

from typing import cast

import redis

from exconn.keyspace import keys
from exconn.stream import StatusMessage, parse_message

Record = tuple[str, dict[str, str]]


def records_of(client: redis.Redis, stream: str, *, after: str = "") -> list[Record]:
    """Ids and fields of a stream's records, of those behind the one with the id `after` when it is named."""
    # The client of tests decodes, and no stream of ours has records without fields.
    return cast("list[Record]", client.xrange(stream, min=f"({after}" if after else "-"))


def messages_of(client: redis.Redis) -> list[StatusMessage]:
    """The status stream from its beginning."""
    return [parse_message(record, fields) for record, fields in records_of(client, keys.STATUS)]
