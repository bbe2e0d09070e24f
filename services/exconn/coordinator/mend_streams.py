"""Mending streams that take no more records, as somebody wrote one with an id at the end of all ids.

Every record stays; those that ended a stream get other ids, and are shown. Safe to run at any time and any number of
times: a stream that takes further records is left alone.
"""

import json
import sys
from typing import TYPE_CHECKING, cast

import redis

from exconn.keyspace import Functions, connect, keys, unreachable
from exconn.keyspace.ended_stream import LIBRARY, mend
from exconn.process.exits import ExitCode
from exconn.process.start import start_or_refuse
from exconn.settings import LedgerSettings
from exconn.settings import load as settings

if TYPE_CHECKING:
    from redis import Redis


def main() -> int:
    """Mend the streams of the ledger that the settings name; the exit code."""
    return start_or_refuse("coordinator", _mended)


def streams_of(client: "Redis") -> list[str]:
    """Every stream that a ledger has."""
    connectors = cast("list[str]", client.hkeys(keys.CONNECTORS))
    return [keys.STATUS, keys.DEAD_LETTERS, *map(keys.facts, sorted(connectors))]


def _mended() -> int:
    client = connect(settings(LedgerSettings).ledger_url.get_secret_value(), name="exconn-mend-streams")
    functions = Functions(client, LIBRARY)
    try:
        found = {stream: mend(functions, stream) for stream in streams_of(client)}
    except redis.RedisError as exc:
        raise unreachable(client, exc) from exc
    for stream, done in found.items():
        if done is not None:
            shown = json.dumps(done.ended_by)
            sys.stdout.write(f"{stream}: {done.kept} records are as they were; it was ended by: {shown}\n")
            if done.too_wide:
                left_out = ", ".join(done.too_wide)
                sys.stdout.write(
                    f"{stream}: left out, with thousands of fields, so written by no service: {left_out}\n"
                )
    if not any(found.values()):
        sys.stdout.write("every stream takes further records\n")
    return ExitCode.DONE
