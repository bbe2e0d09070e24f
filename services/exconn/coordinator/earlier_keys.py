"""Carrying a ledger over from a version that kept the keys of all services together, and brakes by connector.

Each entry is in its new place before it leaves its old one, so that it may be stopped anywhere and run again. Tokens
are copied first: what the brakes count does not depend on which jobs are still to be moved.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from exconn.connector import ConnectorState
from exconn.contracts import WORKERS, Checks, Service
from exconn.keyspace import keys
from exconn.ledger.job import FORMAT

if TYPE_CHECKING:
    import redis

_SETTLED = "exconn:settled"
#: Older ones were not kept by the earlier version either.
_KEPT_MS = 24 * 3600 * 1000
_FIELDS = ("kind", "service", "connector", "state", "requester", "idempotency")
_SERVICES = frozenset(service.value for service in WORKERS)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """What has to be known of a job to move it."""

    id: str
    kind: str
    service: str
    connector: str
    state: str
    requester: str
    idempotency: str


def carry_keys(client: "redis.Redis", states: Mapping[str, ConnectorState]) -> set[str]:
    """Move everything that is still under its earlier key; the jobs that were moved."""
    settled = dict(cast("list[tuple[str, float]]", client.zrange(_SETTLED, 0, -1, withscores=True)))
    moved: list[_Entry] = []
    for name in states:
        moved += _read(client, set(client.sscan_iter(f"exconn:unsettled:{name}")))
    moved += _read(client, settled)
    requesters = _requesters(client, states, moved)
    for name, state in states.items():
        _copy_tokens(client, name, state.organization or name, requesters)
    for name, state in states.items():
        own = [entry for entry in moved if entry.connector == name]
        for entry in own:
            _name_anew(client, entry, state.organization or name)
        _move_indexes(client, name, own, settled)
    return {entry.id for entry in moved}


def _read(client: "redis.Redis", ids: Iterable[str]) -> list[_Entry]:
    found = []
    for job_id in sorted(ids):
        values = cast("list[str | None]", client.hmget(keys.job(job_id), _FIELDS))
        if values[1] in _SERVICES:
            found.append(_Entry(id=job_id, **{name: value or "" for name, value in zip(_FIELDS, values, strict=True)}))
    return found


def _name_anew(client: "redis.Redis", job: _Entry, organization: str) -> None:
    fields = {"organization": organization, "v": str(FORMAT)}
    key = job.idempotency.removeprefix(f"exconn:idempotency:{job.connector}:")
    if key != job.idempotency:
        fields["idempotency"] = keys.idempotency(job.kind, job.connector, key)
        kept = cast("str | None", client.get(job.idempotency))
        if kept is not None:
            client.set(fields["idempotency"], kept)
            client.pexpire(job.idempotency, _KEPT_MS)
    client.hset(keys.job(job.id), items=[part for pair in fields.items() for part in pair])


def _move_indexes(client: "redis.Redis", name: str, jobs: Iterable[_Entry], settled: Mapping[str, float]) -> None:
    for job in jobs:
        if job.id in settled:
            client.zadd(keys.settled(job.service), {job.id: settled[job.id]})
            client.zrem(_SETTLED, job.id)
            continue
        client.sadd(keys.open_jobs(job.service, name), job.id)
        for earlier, new in (
            (f"exconn:due:{name}", keys.due(job.service, name)),
            (f"exconn:paused:{name}", keys.paused(job.service, name)),
            (f"exconn:parked:{name}:{job.kind}", keys.parked(job.kind, name)),
        ):
            score = client.zscore(earlier, job.id)
            if score is not None:
                client.zadd(new, {job.id: score})
                client.zrem(earlier, job.id)
        flying = f"exconn:inflight:{name}:{job.kind}"
        if client.sismember(flying, job.id):
            client.sadd(keys.in_flight(job.kind, name), job.id)
            client.srem(flying, job.id)
        client.srem(f"exconn:unsettled:{name}", job.id)


def _requesters(client: "redis.Redis", names: Iterable[str], moving: Iterable[_Entry]) -> set[str]:
    """Who may have tokens of a quota: the requesters of all actions that can be found, wherever they are kept by now.

    No user of the ledger may list its keys. A settled job leaves its index once the monitor has it, and stays readable
    for days: the breaker's tokens still name it. Who is found at one connector is looked for at all of them.
    """
    found = set(cast("list[str]", client.zrange(keys.settled(Service.ACTIONS), 0, -1)))
    for name in names:
        found.update(client.sscan_iter(keys.open_jobs(Service.ACTIONS, name)))
        for check in Checks:
            found |= {job for job, _ in _tokens(client, f"exconn:brake:{name}:{check.value}")}
    return {job.requester for job in (*moving, *_read(client, found)) if job.requester}


def _copy_tokens(client: "redis.Redis", name: str, organization: str, requesters: Iterable[str]) -> None:
    """What began under the earlier keys counts on; those are left to be forgotten with the server's data.

    A token that is there already stays as it is, so that nothing counts for less when this is run again.
    """
    pairs = [(f"exconn:brake:{name}:{check.value}", keys.brake(organization, check.value)) for check in Checks]
    pairs += [(f"exconn:quota:{name}:{one}", keys.quota(organization, one)) for one in requesters]
    for earlier, new in pairs:
        tokens = _tokens(client, earlier)
        if tokens and earlier != new:
            client.zadd(new, dict(tokens), nx=True)


def _tokens(client: "redis.Redis", key: str) -> list[tuple[str, float]]:
    return cast("list[tuple[str, float]]", client.zrangebyscore(key, "-inf", "+inf", withscores=True))
