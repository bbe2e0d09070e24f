"""Carrying a ledger over from a version that did not know what each requester has open, and what may end.

What is in these indexes already stays as it is, so it may be run again, also while processes work.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from exconn.connector import ConnectorState
from exconn.contracts import Service
from exconn.keyspace import keys
from exconn.ledger import CHECKS

if TYPE_CHECKING:
    import redis

_FIELDS = ("state", "checks", "requester", "created", "wait", "begun", "valid_until", "parent")
_ROWS = {check.value: row for check, row in CHECKS.items()}


def index_open(client: "redis.Redis", states: Mapping[str, ConnectorState]) -> None:
    """Put every open action, and every open apply, where the ledger looks for it."""
    for name, state in states.items():
        for service in (Service.ACTIONS, Service.POLICY):
            for job_id in sorted(cast("set[str]", set(client.sscan_iter(keys.open_jobs(service, name))))):
                _index(client, job_id, service, name, state.organization or name)


def _index(client: "redis.Redis", job_id: str, service: Service, name: str, organization: str) -> None:
    values = cast("list[str | None]", client.hmget(keys.job(job_id), _FIELDS))
    job = {field: value or "" for field, value in zip(_FIELDS, values, strict=True)}
    row = _ROWS.get(job["checks"])
    if row is None or job["parent"]:
        return
    open_of, expiring = keys.open_of(organization, job["requester"]), keys.expiring(service, name)
    if row.quota:
        client.zadd(open_of, {job_id: int(job["created"] or 0)}, nx=True)
    waits = job["state"] == "held" or job["wait"] == "switch"
    if (row.quota or row.switch) and waits and job["valid_until"] and job["begun"] in ("", "0"):
        client.zadd(expiring, {job_id: int(job["valid_until"])}, nx=True)
    if client.hget(keys.job(job_id), "state") in (None, "settled"):  # it ended meanwhile
        client.zrem(open_of, job_id)
        client.zrem(expiring, job_id)
