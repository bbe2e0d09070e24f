"""The parameters of the ledger's scripts, from typed values."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from exconn.contracts import KINDS, Kind, new_job_id
from exconn.ledger.bounds import MOST_LOST
from exconn.ledger.job import FORMAT, NewJob, Outcome
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
}


def insertion(new: NewJob, *, ring_again: timedelta) -> dict[str, Any]:
    """What `insert` is called with."""
    return {
        "job": new_job_id(new.kind),
        "format": FORMAT,
        "payload_format": payload_format(new.kind),
        "kind": str(new.kind),
        "connector": new.connector,
        "service": new.service.value,
        "organization": new.organization,
        "checks": new.checks.value,
        "payload": new.payload,
        "phase": new.phase or _first_phase(new.kind),
        "idempotency_key": new.idempotency_key,
        "idempotency_digest": new.idempotency_digest,
        "idempotency_kept": ms(new.idempotency_kept),
        "device": new.device,
        "requester": new.requester,
        "revision": new.revision,
        "valid_until": None if new.valid_until is None else int(new.valid_until.timestamp() * 1000),
        "series": new.series,
        "parent": new.parent,
        "generation": new.generation,
        "delay": ms(new.delay),
        "parked": new.parked,
        "limits": new.limits.encoded(),
        "by": new.by,
        "ring_again": ms(ring_again),
    }


def looking_back(connectors: Iterable[str], known: Mark, run: ServerRun, *, confirmed: bool) -> dict[str, Any]:
    """What `set_back` is called with; `confirmed` says that replicas have whatever is accepted and begun."""
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


def payload_format(kind: str) -> int:
    """The form in which this version reads and writes payloads of a kind; what it does not know, it leaves alone."""
    return KINDS[Kind(kind)].format if kind in KINDS else 1


def _first_phase(kind: str) -> str:
    return KINDS[Kind(kind)].life.first if kind in KINDS else ""


def proof(lease: Lease) -> dict[str, Any]:
    """What a write of the holder of a lease is compared with."""
    return {"job": lease.job_id, "token": lease.token, "epoch": lease.epoch, "worker": lease.worker}


def ms(span: timedelta) -> int:
    """A span in milliseconds, as the scripts count."""
    return int(span.total_seconds() * 1000)
