"""The ledger: knows every job. Changes are compare-and-set scripts, each with its status message in the same call."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast
from uuid import uuid4

import redis

from exconn.contracts import WORKERS, HoldReason, Kind, Service, WaitReason, kind_of
from exconn.failpoints import failpoint
from exconn.keyspace import keys
from exconn.ledger.caller import Caller
from exconn.ledger.confirm import Confirm
from exconn.ledger.errors import (
    IdempotencyMismatchError,
    IllegalCallError,
    IllegalMoveError,
    LeaseLostError,
    NewerJobError,
    OpenActionError,
    Stopped,
    UnknownParentError,
)
from exconn.ledger.job import FORMAT, Job, NewJob, Outcome, job_from
from exconn.ledger.lease import Lease
from exconn.ledger.parameters import insertion, ms, payload_format, proof
from exconn.stream import Number

#: Long enough for any pause of a healthy worker, short enough that a lost one is noticed quickly.
LEASE = timedelta(seconds=15)
#: How long a doorbell may go unheard before it is rung again, at first and at most.
RING_AGAIN = timedelta(seconds=5)
RING_SLOWEST = timedelta(minutes=5)
#: Leases in a row that may run out before a job is held.
MOST_CRASHES = 3
#: A look that lasts longer than this is said to be work: its job is shown as claimed.
LOOK_LASTS = timedelta(minutes=1)
#: No script touches more elements than this.
MOST_ELEMENTS = 500

#: Records that a backup may lack; a larger number than that is taken for a forged one.
MOST_LOST = 1_000_000_000

#: From a job that is being inserted, and its id, to the queue of its first doorbell and its bytes.
Doorbell = Callable[[str, NewJob], tuple[str, bytes]]

#: What a settled job says when the caller names no message.
_NUMBER_OF = {
    Outcome.SUCCEEDED: Number.JOB_SUCCEEDED,
    Outcome.FAILED: Number.JOB_FAILED,
    Outcome.CANCELLED: Number.JOB_CANCELLED,
    Outcome.REFUSED: Number.JOB_REFUSED,
    Outcome.EXPIRED: Number.JOB_EXPIRED,
    Outcome.GONE: Number.PARTNERSHIP_GONE,
}


@dataclass(frozen=True, kw_only=True)
class Inserted:
    """The answer to an insert: the job, and whether this call made it. `ring` is 0 when nobody needs to be woken."""

    job_id: str
    created: bool
    state: str
    ring: int


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job and the lease on it."""

    job: Job
    lease: Lease


@dataclass(frozen=True, kw_only=True)
class Ring:
    """A doorbell that wants ringing."""

    job_id: str
    kind: Kind | str
    #: The name of a Service; of a newer version it may be one that this version does not know.
    service: Service | str
    ring: int


@dataclass(frozen=True, kw_only=True)
class LookBack:
    """How long the record is, as the number of its newest message, and whether it was just found to be set back."""

    record: int
    was_set_back: bool


class Ledger:
    """The calls on jobs. Threads may share an instance: it holds no state but its connection pool."""

    def __init__(
        self,
        client: "redis.Redis",
        *,
        lease: timedelta = LEASE,
        ring_again: timedelta = RING_AGAIN,
        confirm: Confirm | None = None,
    ) -> None:
        self._client = client
        self._caller = Caller(client)
        self.lease = lease
        self._ring_again = ring_again
        self._confirm = confirm or Confirm()

    def insert(self, new: NewJob, doorbell: Doorbell | None = None) -> Inserted:
        """Put a job in, once per idempotency key.

        Where the broker is this server too, `doorbell` rings in the same round trip; who hears one of a job that was
        not made passes it over.

        Raises OpenActionError, IdempotencyMismatchError, UnknownParentError, LedgerFullError, UnconfirmedError and
        LedgerOutOfReachError; after the last two the same insert may be sent again.
        """
        failpoint("ledger.insert.before_confirm", key=new.idempotency_key)
        parameters = insertion(new, ring_again=self._ring_again)
        push = None if doorbell is None or new.parked or new.delay else doorbell(parameters["job"], new)
        found = self._caller.call_confirmed("insert", parameters, self._confirm, push)
        failpoint("ledger.insert.done", key=new.idempotency_key)
        error = found.get("error")
        if error == "mismatch":
            raise IdempotencyMismatchError(found["job"])
        if error == "open":
            raise OpenActionError(found["job"])
        if error == "parent":
            raise UnknownParentError(new.parent or "")
        ring = 0 if found.get("pushed") else found["ring"]
        return Inserted(job_id=found["job"], created=found["created"], state=found["state"], ring=ring)

    def claim(self, job_id: str, worker: str) -> Claim | None:
        """Take the lease of a job; None when it is not to be had (settled, held, leased, not due, unknown).

        Raises NewerJobError, without touching the job, when a newer version wrote it in a form unknown to this one.
        """
        token = uuid4().hex
        before = time.monotonic()
        parameters = {
            "job": job_id,
            "worker": worker,
            "token": token,
            "lease": ms(self.lease),
            "format": FORMAT,
            "payload_format": payload_format(kind_of(job_id)),
            "most_crashes": MOST_CRASHES,
        }
        found = self._caller.call("claim", parameters)
        if found.get("why") == "newer":
            raise NewerJobError(job_id, found["connector"])
        if not found["claimed"]:
            return None
        flat = found["job"]
        job = job_from(job_id, dict(zip(flat[::2], flat[1::2], strict=True)))
        deadline = before + self.lease.total_seconds()
        lease = Lease(job_id=job_id, token=token, epoch=int(found["epoch"]), worker=worker, deadline=deadline)
        return Claim(job=job, lease=lease)

    def renew(self, lease: Lease) -> bool:
        """Keep a lease; False when it is lost."""
        before = time.monotonic()
        found = self._caller.call("renew", {**proof(lease), "lease": ms(self.lease), "said_after": ms(LOOK_LASTS)})
        if "error" in found:
            return False
        lease.deadline = before + self.lease.total_seconds()
        return True

    def note(self, lease: Lease, notes: Mapping[str, object]) -> None:
        """Remember something for whoever works on the job next; replaces what was noted. Raises LeaseLostError."""
        self._refuse(self._caller.call("note", {**proof(lease), "notes": json.dumps(notes)}), lease, "note")

    def begin(
        self,
        lease: Lease,
        *,
        pre_image: Mapping[str, object] | None = None,
        purpose: Literal["issue", "withdraw"] = "issue",
        phase: str = "issuing",
    ) -> None:
        """The point of no return: after it the caller may send the cmdlet, before it never.

        Raises Stopped when a check said no (the ledger has moved the job), LeaseLostError, and UnconfirmedError (send
        no cmdlet, defer). `purpose="withdraw"` takes something back and passes every brake.
        """
        parameters = {
            **proof(lease),
            "purpose": purpose,
            "phase": phase,
            "pre_image": None if pre_image is None else json.dumps(pre_image),
        }
        found = self._caller.call_confirmed("begin", parameters, self._confirm)
        self._refuse(found, lease, "begin", phase)
        if "stopped" in found:
            raise Stopped(lease.job_id, found["stopped"], found["reason"])

    def settle(
        self,
        lease: Lease,
        outcome: Outcome | str,
        *,
        phase: str = "",
        number: Number | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """End a job. Raises LeaseLostError."""
        known = Outcome(outcome)
        parameters = {
            **proof(lease),
            "outcome": known.value,
            "phase": phase,
            "number": number or _NUMBER_OF[known],
            "data": dict(data or {}),
        }
        self._refuse(self._caller.call("settle", parameters), lease, "settle", phase)

    def defer(
        self,
        lease: Lease,
        delay: timedelta,
        *,
        phase: str = "",
        number: Number = Number.JOB_WAITING,
        data: Mapping[str, object] | None = None,
        reason: WaitReason | None = None,
        failed: bool = False,
        cancel_within: timedelta = timedelta(seconds=1),
    ) -> None:
        """Hand a job back until `delay` from now (sooner when it is marked to be cancelled). Raises LeaseLostError.

        It is said with `number` where it is news: another phase, another reason, or a failure whose count doubled.
        """
        parameters = {
            **proof(lease),
            "delay": ms(delay),
            "phase": phase,
            "number": number,
            "data": dict(data or {}),
            "reason": reason or "",
            "failed": failed,
            "cancel_within": ms(cancel_within),
        }
        self._refuse(self._caller.call("defer", parameters), lease, "defer", phase)

    def hold(
        self,
        lease: Lease,
        reason: HoldReason,
        *,
        subject: str = "",
        phase: str = "",
        number: Number = Number.JOB_HELD,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """Have a job wait for a person; `subject` is what a release is for, and no other. Raises LeaseLostError."""
        parameters = {
            **proof(lease),
            "reason": reason,
            "subject": subject,
            "phase": phase,
            "number": number,
            "data": dict(data or {}),
        }
        self._refuse(self._caller.call("hold", parameters), lease, "hold", phase)

    def look_again(self, job_id: str) -> bool:
        """Make a held job due for one look, which says nothing if it finds it as it was; False when it is not held, or
        held by a brake.
        """
        return bool(self._caller.call("look_again", {"job": job_id})["ok"])

    def restart_list(self, lease: Lease) -> int:
        """Begin a list of children (anew): the generation that they must carry. Raises LeaseLostError."""
        found = self._caller.call("restart_list", proof(lease))
        self._refuse(found, lease, "restart_list")
        return int(found["generation"])

    def await_children(self, lease: Lease, *, phase: str = "") -> None:
        """Seal the list and wait; the job becomes due when its last child has settled. Raises LeaseLostError."""
        found = self._caller.call("await_children", {**proof(lease), "phase": phase})
        self._refuse(found, lease, "await_children", phase)

    def carry_over(self, job: Job, fields: Mapping[str, str], *, by: str) -> bool:
        """Write the reasons of a job anew that an earlier version wrote; False when it has moved since it was read."""
        parameters = {
            "job": job.id,
            "epoch": job.epoch,
            "reason_before": job.reason,
            "fields": dict(fields),
            "by": by,
        }
        return bool(self._caller.call("carry_over", parameters)["ok"])

    def cancel(self, job_id: str, *, by: str) -> Literal["cancelled", "marked", "settled", "unknown"]:
        """Cancel a job: at once before the point of no return, by a mark after it."""
        found = self._caller.call("cancel", {"job": job_id, "by": by})
        result: Literal["cancelled", "marked", "settled", "unknown"] = found["result"]
        return result

    def release(self, connector: str, job_ids: Iterable[str], *, release_id: str, by: str) -> list[str]:
        """Let named held jobs go on; the names of those that were held. Raises ValueError above 500 names."""
        wanted = list(job_ids)
        if len(wanted) > MOST_ELEMENTS:
            raise ValueError(f"release at most {MOST_ELEMENTS} jobs at a time")
        parameters = {"connector": connector, "jobs": wanted, "release": release_id, "by": by}
        found = self._caller.call("release", parameters)
        return list(found["released"] or [])

    def retry(self, job_id: str, *, by: str) -> None:
        """Look at a queued, waiting or held job now, unless a brake holds it. Raises IllegalCallError and KeyError."""
        found = self._caller.call("retry", {"job": job_id, "by": by})
        if found["result"] == "unknown":
            raise KeyError(job_id)
        if found["result"] == "illegal":
            raise IllegalCallError(job_id, "retry", found["state"], found.get("reason", ""))

    def pause(self, connector: str, *, by: str) -> None:
        """Turn the kill switch on: nothing that erases, disconnects, blocks or writes policy begins any more."""
        self._caller.call("switch", {"connector": connector, "to": "paused", "by": by})

    def resume(self, connector: str, *, by: str) -> None:
        """Turn the kill switch off; the stopped jobs become due in their order."""
        parameters = {"connector": connector, "to": "running", "by": by, "limit": MOST_ELEMENTS, "after": 0}
        while True:
            found = self._caller.call("switch", parameters)
            if found["left"] <= 0:
                return
            parameters["after"] = found["after"]

    def switch(self, connector: str) -> Literal["running", "paused"]:
        """Where the kill switch stands; anything but an explicit `running` is paused."""
        value = self._caller.reach("switch", lambda: self._client.get(keys.switch(connector)))
        return "running" if value == "running" else "paused"

    def look_back(self, connectors: Iterable[str], *, known: int, by: str) -> LookBack:
        """Pause all `connectors` if the record is shorter than `known`, or than what the monitor has confirmed.

        The numbers then go on behind that.
        """
        parameters = {"connectors": list(connectors), "known": known, "most_lost": MOST_LOST, "by": by}
        found = self._caller.call("set_back", parameters)
        return LookBack(record=int(found["record"]), was_set_back=found["set_back"])

    def overdue(
        self, connector: str, *, credit: Mapping[str, int] | None = None, limit: int = 100, by: str = ""
    ) -> list[Ring]:
        """The doorbells to ring now, and parked jobs unparked within `credit` (most jobs in flight, per kind)."""
        parameters = {
            "connector": connector,
            "credit": dict(credit or {}),
            "limit": min(limit, MOST_ELEMENTS),
            "ring_again": ms(self._ring_again),
            "ring_slowest": ms(RING_SLOWEST),
            "by": by,
        }
        found = self._caller.call("overdue", parameters)
        return [
            Ring(job_id=ring["job"], kind=ring["kind"], service=ring["service"], ring=int(ring["ring"]))
            for ring in found.get("rings") or []
        ]

    def announce(self, number: Number, *, connector: str, by: str, data: Mapping[str, object] | None = None) -> None:
        """Append a status message that belongs to no job."""
        self._caller.call("announce", {"number": number, "connector": connector, "by": by, "data": dict(data or {})})

    def retire(self, *, confirmed_before: datetime, keep: timedelta, limit: int = 200) -> int:
        """Let settled jobs expire whose last message the projector has; how many."""
        confirmed = int(confirmed_before.timestamp() * 1000)
        parameters = {"confirmed": confirmed, "keep": ms(keep), "limit": min(limit, MOST_ELEMENTS)}
        return int(self._caller.call("retire", parameters)["count"])

    def job(self, job_id: str) -> Job | None:
        """A job as it stands, or None when the ledger does not know it (any more)."""
        fields = self._caller.reach("job", lambda: self._client.hgetall(keys.job(job_id)))
        return job_from(job_id, cast("dict[str, str]", fields)) if fields else None

    def unsettled(self, connector: str) -> frozenset[str]:
        """The ids of all jobs of a connector that have not settled."""
        return frozenset().union(*self._caller.reach("unsettled", lambda: self._open_jobs(connector)))

    def _open_jobs(self, connector: str) -> list[set[str]]:
        with self._client.pipeline(transaction=False) as pipe:
            for service in WORKERS:
                pipe.smembers(keys.open_jobs(service, connector))
            return list(pipe.execute())

    def time(self) -> datetime:
        """The ledger server's clock, aware UTC."""
        seconds, micros = self._caller.reach("time", self._client.time)
        return datetime.fromtimestamp(seconds + micros / 1e6, UTC)

    @staticmethod
    def _refuse(found: Mapping[str, Any], lease: Lease, call: str, phase: str = "") -> None:
        error = found.get("error")
        if error == "lost":
            raise LeaseLostError(lease.job_id, call)
        if error == "illegal":
            raise IllegalCallError(lease.job_id, call, found["state"])
        if error == "phase":
            raise IllegalMoveError(lease.job_id, call, found["phase"], phase)
