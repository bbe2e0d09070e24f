"""The parameters of the ledger's scripts, from typed values."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from exconn.contracts import KINDS, Kind, new_job_id
from exconn.keyspace import keys
from exconn.ledger.bounds import MOST_LOST
from exconn.ledger.job import FORMAT, IDEMPOTENCY_KEPT, NewJob, Outcome
from exconn.ledger.lease import Lease
from exconn.ledger.mark import Mark
from exconn.ledger.server_run import ServerRun
from exconn.stream import Number

#: From a job that is being inserted, and its id, to the queue of its first doorbell and its bytes.
Doorbell = Callable[[str, NewJob], tuple[str, bytes]]

#: What a settled job says when the caller names no message.
NUMBER_OF = {
    Outcome.SUCCEEDED: Number.JOB_SUCCEEDED,
    Outcome.FAILED: Number.JOB_FAILED,
    Outcome.CANCELLED: Number.JOB_CANCELLED,
    Outcome.REFUSED: Number.JOB_REFUSED,
    Outcome.EXPIRED: Number.JOB_EXPIRED,
    Outcome.GONE: Number.PARTNERSHIP_GONE,
    Outcome.UNREPORTED: Number.WIPE_UNREPORTED,
}


#: As tuples: asking for a union of types takes several times as long.
_TEXTS, _OTHERS = (str, bytes), (bool, dict, list)


def flat(parameters: Mapping[str, Any]) -> list[str | bytes]:
    """The arguments of a script that is called with these parameters: their names, then the values of those that are
    texts, of numbers, and of the others, which come as JSON. None is left out.
    """
    texts: dict[str, str | bytes] = {}
    numbers: dict[str, str] = {}
    others: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, _TEXTS):
            texts[name] = value
        elif isinstance(value, _OTHERS):
            others[name] = json.dumps([value])
        elif value is not None:
            numbers[name] = format(value, "d") if isinstance(value, int) else repr(value)
    names = f"{' '.join(texts)};{' '.join(numbers)};{' '.join(others)}"
    return [names, *texts.values(), *numbers.values(), *others.values()]


def insertion(new: NewJob, *, ring_again: timedelta) -> dict[str, Any]:
    """What `insert` is called with; the first texts of it, `fields` in number, are fields of the job as it is kept."""
    fields = _fields(new)
    found: dict[str, Any] = {
        **fields,
        "fields": len(fields),
        "job": new.id or new_job_id(new.kind),
        "idempotency_digest": new.idempotency_digest,
        "by": new.by,
        "ring_again": ms(ring_again),
    }
    if new.delay:
        found["delay"] = ms(new.delay)
    if new.parked:
        found["parked"] = True
    return found


def _fields(new: NewJob) -> dict[str, str]:
    """The fields that a job has from the start, but for those that have what an absent field means."""
    fields = {
        "v": str(FORMAT),
        "kind": new.kind,
        "connector": new.connector,
        "service": new.service,
        "checks": new.checks,
        "payload": new.payload,
        "limits": new.limits.encoded(),
        "phase": new.phase or _first_phase(new.kind),
        "idempotency": keys.idempotency(new.kind, new.connector, new.idempotency_key),
    }
    for name in ("requester", "organization", "device", "parent", "series", "seal", "asked"):
        if value := getattr(new, name):
            fields[name] = value
    for name in ("revision", "generation"):
        if value := getattr(new, name):
            fields[name] = str(value)
    if new.valid_until is not None:
        fields["valid_until"] = str(int(new.valid_until.timestamp() * 1000))
    if new.idempotency_kept != IDEMPOTENCY_KEPT:
        fields["idempotency_kept"] = str(ms(new.idempotency_kept))
    if (form := payload_format(new.kind)) != 1:
        fields["payload_v"] = str(form)
    return fields


def looking_back(connectors: Iterable[str], known: Mark, run: ServerRun, *, confirmed: bool) -> dict[str, Any]:
    """What `ledger_set_back` is called with; `confirmed` says that replicas have whatever is accepted and begun."""
    return {
        "connectors": list(connectors),
        "known_number": known.number,
        "known_id": known.id,
        "known_digest": known.digest,
        "run": run.run_id,
        "was_replica": run.was_replica,
        "confirmed": confirmed,
        "most_lost": MOST_LOST,
    }


@lru_cache(maxsize=256)
def payload_format(kind: str) -> int:
    """The form in which this version reads and writes payloads of a kind; what it does not know, it leaves alone."""
    return KINDS[Kind(kind)].format if kind in KINDS else 1


@lru_cache(maxsize=256)
def _first_phase(kind: str) -> str:
    return KINDS[Kind(kind)].life.first if kind in KINDS else ""


def proof(lease: Lease) -> dict[str, Any]:
    """What a write of the holder of a lease is compared with."""
    return {"job": lease.job_id, "token": lease.token, "epoch": lease.epoch, "worker": lease.worker}


def ms(span: timedelta) -> int:
    """A span in milliseconds, as the scripts count."""
    return int(span.total_seconds() * 1000)
