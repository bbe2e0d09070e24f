"""Work on many jobs, a few in each call of a script: between two calls the server answers others."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

from exconn.contracts import KINDS, WORKERS, Kind
from exconn.keyspace import keys
from exconn.ledger.bounds import (
    AT_ONCE,
    MOST_DUE,
    MOST_ELEMENTS,
    MOST_ENDED,
    MOST_NEWEST,
    MOST_READ,
    MOST_USELESS,
    RING_SLOWEST,
)
from exconn.ledger.caller import Caller
from exconn.ledger.parameters import ms
from exconn.ledger.rings import Ring, Room, rings_of

if TYPE_CHECKING:
    import redis


def release(
    caller: Caller, connector: str, wanted: Sequence[str], *, release_id: str, by: str, grant: str
) -> list[str]:
    """Let named held jobs go on; the names of those that were held."""
    released: list[str] = []
    for start in range(0, len(wanted), AT_ONCE):
        some = list(wanted[start : start + AT_ONCE])
        parameters = {"connector": connector, "jobs": some, "release": release_id, "grant": grant, "by": by}
        released += caller.call("release", parameters)["released"] or []
    return released


def resume(caller: Caller, connector: str, *, by: str) -> None:
    """Turn the kill switch off; the stopped jobs become due in their order."""
    parameters = {"connector": connector, "to": "running", "by": by, "limit": AT_ONCE, "after": 0}
    while True:
        found = caller.call("switch", parameters)
        if found["left"] <= 0:
            return
        parameters["after"] = found["after"]


def clear_removed(caller: Caller, connector: str, *, by: str, most: int) -> int:
    """End up to `most` jobs of a connector that was removed; how many are left for the next call."""
    ended, parameters = 0, {"connector": connector, "by": by, "limit": MOST_ENDED}
    while True:
        found = caller.call("clear_removed", parameters)
        ended += found["ended"]
        if not found["ended"] or not found["left"] or ended >= most:
            return int(found["left"])


def catch_up(
    caller: Caller, connector: str, credit: Mapping[str, int], *, ring_again: timedelta, by: str
) -> list[Ring]:
    """What has to be done before it is asked whose doorbells are due; those of jobs that got credit."""
    rings: list[Ring] = []
    parameters = {
        "connector": connector,
        "credit": dict(credit),
        "limit": AT_ONCE,
        "most_ended": MOST_USELESS,
        "ring_again": ms(ring_again),
        "by": by,
    }
    for _ in range(MOST_ELEMENTS // MOST_USELESS):
        found = caller.call("catch_up", parameters)
        rings += rings_of(found)
        if not found["more"]:
            break
    return rings


def doorbells_due(
    caller: Caller,
    connector: str,
    *,
    queues: Mapping[str, Room] | None,
    limit: int,
    ring_again: timedelta,
    by: str,
) -> list[Ring]:
    """The doorbells to ring now, in one call, as it weighs them against each other."""
    parameters = {
        "connector": connector,
        "queues": None if queues is None else {name: asdict(room) for name, room in queues.items()},
        "limit": min(limit, MOST_DUE),
        "newest": MOST_NEWEST,
        "ring_again": ms(ring_again),
        "ring_slowest": ms(RING_SLOWEST),
        "by": by,
    }
    return rings_of(caller.call("doorbells_due", parameters))


def unsettled(caller: Caller, client: "redis.Redis", connector: str, *, kind: Kind | None) -> frozenset[str]:
    """The ids of the open jobs of a connector; of one kind when it is named."""
    found: set[str] = set()
    for service in WORKERS if kind is None else [KINDS[kind].service]:
        name, cursor = keys.open_jobs(service, connector), -1
        while cursor != 0:
            cursor, some = caller.reach("unsettled", partial(_some_of, client, name, max(cursor, 0), kind))
            found.update(some)
    return frozenset(found)


def _some_of(client: "redis.Redis", name: str, cursor: int, kind: Kind | None) -> tuple[int, list[str]]:
    match = f"{kind}-*" if kind is not None else None
    return cast("tuple[int, list[str]]", client.sscan(name, cursor, match=match, count=MOST_READ))
