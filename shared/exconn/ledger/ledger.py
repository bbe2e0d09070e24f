"""The ledger: knows every job. Changes are compare-and-set scripts, each with its status message in the same call."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import uuid4

import redis

from exconn.contracts import HoldReason, Kind, WaitReason, kind_of
from exconn.failpoints import failpoint
from exconn.keyspace import keys
from exconn.ledger import in_parts
from exconn.ledger.account_troubles import FIRST_IN_LINE, OTHERS_LATER
from exconn.ledger.answers import Claim, Inserted, LookBack
from exconn.ledger.bounds import (
    LEASE,
    LOOK_LASTS,
    MOST_CRASHES,
    MOST_ELEMENTS,
    MOST_NEXT,
    MOST_RETIRED,
    MOST_USELESS,
    RING_AGAIN,
    SAME_STEP_WITHIN,
    STEP_TOLD_ONCE_WITHIN,
)
from exconn.ledger.caller import Caller
from exconn.ledger.confirm import Confirm
from exconn.ledger.errors import HasBegunError, IllegalCallError, NewerJobError, Stopped
from exconn.ledger.job import FORMAT, Job, Limits, NewJob, Outcome, job_from
from exconn.ledger.kept_job import kept_fields
from exconn.ledger.lease import Lease
from exconn.ledger.mark import Mark
from exconn.ledger.parameters import NUMBER_OF, Doorbell, insertion, looking_back, ms, payload_format, proof
from exconn.ledger.proven import NOTHING_PROVEN, Proven
from exconn.ledger.refused_calls import refuse_holder
from exconn.ledger.refused_inserts import refuse
from exconn.ledger.rings import Ring, Room, rings_of
from exconn.ledger.server_run import server_run
from exconn.stream import Number

if TYPE_CHECKING:
    from redis.client import Pipeline


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

        Where the broker is this server too, `doorbell` rings in the same call. An action for which quota or breaker has
        no place is held at once, and rings nowhere.

        Raises OpenActionError, TooManyOpenError, IdempotencyMismatchError, UnknownParentError, LedgerFullError,
        UnconfirmedError and LedgerOutOfReachError; after the last two the same insert may be sent again.
        """
        failpoint("ledger.insert.before_confirm", key=new.idempotency_key)
        parameters = insertion(new, ring_again=self._ring_again)
        if doorbell is not None:
            queue, message = doorbell(parameters["job"], new)
            parameters |= {"queue": queue, "doorbell": message}
        found = self._caller.call_confirmed("insert", parameters, self._confirm)
        failpoint("ledger.insert.done", key=new.idempotency_key)
        refuse(found, new)
        return Inserted(
            job_id=found["job"],
            created=bool(found["created"]),
            state=found["state"],
            ring=0 if found.get("pushed") else found["ring"],
            head=bool(found.get("head")),
        )

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
        """Keep a lease, or get it back when it has run out and nobody took the job; False when it is lost."""
        before = time.monotonic()
        found = self._caller.call("renew", {**proof(lease), "lease": ms(self.lease), "said_after": ms(LOOK_LASTS)})
        if "error" in found:
            return False
        lease.deadline = before + self.lease.total_seconds()
        return True

    def note(self, lease: Lease, notes: Mapping[str, object]) -> None:
        """Remember something for whoever works on the job next; replaces what was noted. Raises LeaseLostError."""
        refuse_holder(self._caller.call("note", {**proof(lease), "notes": json.dumps(notes)}), lease, "note")

    def begin(
        self,
        lease: Lease,
        *,
        pre_image: Mapping[str, object] | None = None,
        purpose: Literal["issue", "withdraw"] = "issue",
        phase: str = "issuing",
        limits: Limits | None = None,
        proven: Proven = NOTHING_PROVEN,
    ) -> None:
        """The point of no return: after it the caller may send the cmdlet, before it never.

        The job's own brakes hold, and those of `limits` too, which are in force now; a grant passes them where it is
        `proven`.
        Raises Stopped when a check said no (the ledger has moved the job), LeaseLostError, and UnconfirmedError (send
        no cmdlet, defer). `purpose="withdraw"` takes something back and passes every brake.
        """
        parameters = {
            **proof(lease),
            "purpose": purpose,
            "phase": phase,
            "pre_image": None if pre_image is None else json.dumps(pre_image),
            "limits": None if limits is None else limits.encoded(),
            **proven.parameters(),
        }
        found = self._caller.call_confirmed("begin", parameters, self._confirm)
        refuse_holder(found, lease, "begin", phase)
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
        request: str = "",
    ) -> list[Ring]:
        """End a job; the doorbells of those that get its credit. `request` is what it was for: it is not issued again.

        Raises LeaseLostError, and HasBegunError for refused or expired after `begin`.
        """
        known = Outcome(outcome)
        parameters = {
            **proof(lease),
            "outcome": known.value,
            "phase": phase,
            "number": number or NUMBER_OF[known],
            "data": dict(data or {}),
            "request_digest": request or None,
            "limit": MOST_NEXT,
            "most_ended": MOST_USELESS,
            "ring_again": ms(self._ring_again),
        }
        found = self._caller.call("settle", parameters)
        if found.get("error") == "begun":
            raise HasBegunError(lease.job_id, "settle", found["state"], known.value)
        refuse_holder(found, lease, "settle", phase)
        return rings_of(found)

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
        awaits: str = "",
        cancel_within: timedelta = timedelta(seconds=1),
        pre_image: Mapping[str, object] | None = None,
    ) -> None:
        """Hand a job back until `delay` from now (sooner when it is marked to be cancelled). Raises LeaseLostError.

        It is said with `number` where it is news: another phase, another reason, or a failure whose count doubled.
        `awaits` names the trouble whose end makes the job due before; `pre_image` is kept as that of `begin` is.
        """
        parameters = {
            **proof(lease),
            "delay": ms(delay),
            "phase": phase,
            "number": number,
            "data": dict(data or {}),
            "reason": reason or "",
            "failed": failed,
            "awaits": awaits,
            "first_in_line": FIRST_IN_LINE,
            "others_later": ms(OTHERS_LATER),
            "cancel_within": ms(cancel_within),
            "pre_image": None if pre_image is None else json.dumps(pre_image),
        }
        refuse_holder(self._caller.call("defer", parameters), lease, "defer", phase)

    def hold(
        self,
        lease: Lease,
        reason: HoldReason,
        *,
        subject: str = "",
        phase: str = "",
        number: Number = Number.JOB_HELD,
        data: Mapping[str, object] | None = None,
        release_part: str = "",
        releases: Iterable[str] = (),
    ) -> None:
        """Have a job wait for a person; `subject` is what a release is for, and no other. Raises LeaseLostError.

        A part fails instead; a cancelled job ends, or is looked at a few times more, before a person is asked.
        `release_part` is a word for what does not hold of a release that stands with it: then only `releases` stay.
        """
        parameters = {
            **proof(lease),
            "reason": reason,
            "subject": subject,
            "phase": phase,
            "number": number,
            "data": dict(data or {}),
        }
        if release_part:
            parameters |= {"release_part": release_part, "releases": json.dumps(list(releases))}
        refuse_holder(self._caller.call("hold", parameters), lease, "hold", phase)

    def look_again(self, job_id: str) -> bool:
        """Make a held job due for one look, which says nothing if it finds it as it was; False when it is not held, or
        held by a brake.
        """
        return bool(self._caller.call("look_again", {"job": job_id})["ok"])

    def follow(self, job: Job) -> None:
        """Have a held job looked at in the next round, unless it is known when it is."""
        looks = {job.id: int(self.time().timestamp() * 1000)}
        self._caller.reach("follow", lambda: self._client.zadd(keys.looks(job.connector), looks, nx=True))

    def restart_list(self, lease: Lease) -> int:
        """Begin a list of children (anew): the generation that they must carry. Raises LeaseLostError."""
        found = self._caller.call("restart_list", proof(lease))
        refuse_holder(found, lease, "restart_list")
        return int(found["generation"])

    def await_children(self, lease: Lease, *, phase: str = "") -> None:
        """Seal the list and wait; the job becomes due when its last child has settled. Raises LeaseLostError."""
        found = self._caller.call("await_children", {**proof(lease), "phase": phase})
        refuse_holder(found, lease, "await_children", phase)

    def carry_over(self, job: Job, fields: Mapping[str, str], *, goes_on: bool, by: str) -> bool:
        """Write the reasons of a job anew that an earlier version wrote; False when it has moved since it was read.

        `goes_on` says that what held it is no reason to hold a job any more: it is due, or parked if it needs credit.
        """
        parameters = {
            "job": job.id,
            "epoch": job.epoch,
            "reason_before": job.reason,
            "fields": dict(fields),
            "goes_on": goes_on,
            "by": by,
        }
        return bool(self._caller.call("carry_over", parameters)["ok"])

    def cancel(self, job_id: str, *, by: str) -> Literal["cancelled", "marked", "settled", "unknown"]:
        """Cancel a job: at once before the point of no return, by a mark after it. Raises UnconfirmedError."""
        found = self._caller.call_confirmed("cancel", {"job": job_id, "by": by}, self._confirm)
        result: Literal["cancelled", "marked", "settled", "unknown"] = found["result"]
        return result

    def clear_removed(self, connector: str, *, by: str, most: int = MOST_ELEMENTS) -> int:
        """End up to `most` jobs of a connector that was removed; how many are left for the next call.

        What a worker has in hand is left to it, and ended once its lease has run out.
        """
        return in_parts.clear_removed(self._caller, connector, by=by, most=most)

    def release(
        self, connector: str, job_ids: Iterable[str], *, release_id: str, by: str, grant: str = ""
    ) -> list[str]:
        """Let named held jobs go on; the names of those that were held. Raises ValueError above 500 names.

        `grant` is the signed release itself: what it was held for then does not hold it any more, if its worker finds
        that it counts. An action passes the brakes by it once.
        """
        wanted = list(job_ids)
        if len(wanted) > MOST_ELEMENTS:
            raise ValueError(f"release at most {MOST_ELEMENTS} jobs at a time")
        return in_parts.release(self._caller, connector, wanted, release_id=release_id, by=by, grant=grant)

    def retry(self, job_id: str, *, by: str) -> None:
        """Look at a queued, waiting or held job now, unless a brake holds it. Raises IllegalCallError and KeyError."""
        found = self._caller.call("retry", {"job": job_id, "by": by})
        if found["result"] == "unknown":
            raise KeyError(job_id)
        if found["result"] == "illegal":
            raise IllegalCallError(job_id, "retry", found["state"], found.get("reason", ""))

    def pause(self, connector: str, *, by: str) -> None:
        """Turn the kill switch on: no wipe, block or policy run begins any more. Raises UnconfirmedError."""
        self._caller.call_confirmed("switch", {"connector": connector, "to": "paused", "by": by}, self._confirm)

    def resume(
        self,
        connector: str,
        *,
        by: str,
        alone_after: timedelta | None = None,
        asked_by: str = "",
        paused_at: int = 0,
    ) -> None:
        """Turn the kill switch off; the stopped jobs become due in their order.

        `alone_after`: so long after it was turned on, anybody may. `asked_by`: who asked that the pause of `paused_at`
        (milliseconds) ends; `by` agrees. Raises NotYoursToResumeError.
        """
        in_parts.resume(self._caller, connector, by=by, alone_after=alone_after, asked_by=asked_by, paused_at=paused_at)

    def switch(self, connector: str) -> Literal["running", "paused"]:
        """Where the kill switch stands; anything but an explicit `running` is paused."""
        value = self._caller.reach("switch", lambda: self._client.get(keys.switch(connector)))
        return "running" if value == "running" else "paused"

    def look_back(self, connectors: Iterable[str], *, known: Mark, by: str) -> LookBack:
        """Pause all `connectors` if the ledger lacks the record `known`, or what the monitor has stored.

        The numbers then go on behind that. So it does when another server took over and replicas need not confirm what
        is accepted and begun: what that server lacks, nobody can tell.
        """
        run = self._caller.reach("look_back", lambda: server_run(self._client))
        parameters = looking_back(connectors, known, run, confirmed=self._confirm.replicas > 0)
        found = self._caller.call("ledger_set_back", {**parameters, "by": by})
        return LookBack(
            newest=Mark(int(found["number"]), found["id"], found["digest"]),
            was_set_back=found["set_back"],
            was_taken_over=found["taken_over"],
            paused=found["paused"],
        )

    def doorbells_due(
        self,
        connector: str,
        *,
        credit: Mapping[str, int] | None = None,
        queues: Mapping[str, Room] | None = None,
        limit: int = 100,
        by: str = "",
    ) -> list[Ring]:
        """The doorbells to ring now, and parked jobs unparked within `credit` (most jobs in flight, per kind).

        `queues` is the room in the queue of each service; without it all that is due is rung, whatever lies there.
        """
        caught_up = in_parts.catch_up(self._caller, connector, credit or {}, ring_again=self._ring_again, by=by)
        return caught_up + in_parts.doorbells_due(
            self._caller, connector, queues=queues, limit=limit, ring_again=self._ring_again, by=by
        )

    def beat(self, field: str, *, within: timedelta) -> None:
        """A round of the coordinator that is `field` of the heartbeats; the next one comes `within` that time."""
        self._caller.call("beat", {"field": field, "within": ms(within)})

    def open_of(self, connector: str, series: str) -> str | None:
        """The open job of a series."""
        found = self._caller.reach("open_of", lambda: self._client.hget(keys.series(connector), series))
        return cast("str | None", found)

    def announce(self, number: Number, *, connector: str, by: str, data: Mapping[str, object] | None = None) -> None:
        """Append a status message that belongs to no job."""
        self._caller.call("announce", {"number": number, "connector": connector, "by": by, "data": dict(data or {})})

    def retire(
        self, *, confirmed_before: datetime, keep: timedelta, keep_parts: timedelta | None = None, limit: int = 200
    ) -> int:
        """Let settled jobs expire whose last message the projector has, parts after a time of their own; how many."""
        parameters = {
            "confirmed": int(confirmed_before.timestamp() * 1000),
            "keep": ms(keep),
            "keep_parts": ms(keep if keep_parts is None else keep_parts),
            "limit": min(limit, MOST_RETIRED),
        }
        return int(self._caller.call("retire", parameters)["count"])

    def job(self, job_id: str) -> Job | None:
        """A job as it stands, or None when the ledger does not know it (any more)."""
        fields = self._caller.reach("job", lambda: kept_fields(self._client, job_id))
        return job_from(job_id, fields) if fields else None

    def unsettled(self, connector: str, *, kind: Kind | None = None) -> frozenset[str]:
        """The ids of all jobs of a connector, or of those of one `kind`, that have not settled.

        One that is put in or ends while they are read may be among them or not.
        """
        return in_parts.unsettled(self._caller, self._client, connector, kind=kind)

    def time(self) -> datetime:
        """The ledger's clock, aware UTC: its server's, but for what that was set back since it started."""
        return self.clocks()[0]

    def time_and(self, ask: Callable[["Pipeline"], None]) -> tuple[Any, ...]:
        """The ledger's clock, and what commands answered that `ask` puts into the same round trip: for `answered`."""
        found, others = self._caller.call_beside("now", ask)
        return (datetime.fromtimestamp(found["now"] / 1000, UTC), *others)

    def answered(self, reply: Any) -> Any:
        """What a command beside `time_and` answered. Raises as any call does."""
        return self._caller.answered("a look", reply)

    def clocks(self) -> tuple[datetime, datetime]:
        """The ledger's clock, and that of its server."""
        found = self._caller.call("now", {})
        return datetime.fromtimestamp(found["now"] / 1000, UTC), datetime.fromtimestamp(found["server"] / 1000, UTC)

    def tell_step(self, step: timedelta, *, by: str) -> None:
        """Announce a step of one of them, once over all who saw it."""
        same = {"told_once_within": ms(STEP_TOLD_ONCE_WITHIN), "same_within": ms(SAME_STEP_WITHIN)}
        self._caller.call("clock_stepped", {"step": ms(step), "by": by, **same})
