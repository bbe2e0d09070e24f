"""The real ledger, brought to a state of the model, called, and looked at again with the model's eyes.

A state is kept as a dump of the server's keys, so that what several ways have in common is gone once.
"""

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from exconn.contracts import Checks, Kind, Service
from exconn.keyspace import keys
from exconn.ledger import Lease, Ledger, Limits, NewJob, Window
from exconn.ledger.answers import Inserted
from exconn.ledger.bounds import LEAST_OPEN
from tests.model import jobs as model
from tests.model.jobs import MOST_BEGUN, MOST_CRASHES, MOST_MARKED_LOOKS, OTHER, PHONES, REQUESTER, Issued, Job
from tests.support.machine.valkey import RestartableValkey

if TYPE_CHECKING:
    import redis

#: A connector, and another one of the same organization.
CONNECTOR, ELSEWHERE, ORGANIZATION = "model", "model-elsewhere", "organization"
AN_HOUR, FOR_EVER = timedelta(hours=1), timedelta(days=1)
#: Of a clock of milliseconds: surely over, surely not yet.
LONG_AGO, FAR_OFF = "1", "9999999999999"
FAR = datetime(2200, 1, 1, tzinfo=UTC)
SERVICES = (Service.ACTIONS, Service.DISCOVERY)
#: Of a quota that lets fewer through, a requester may have the least number open.
OPEN_QUOTA, SMALL_QUOTA = 1000, 5
#: When what takes no part was put in.
BESIDES = 1

#: What a job has from the moment when it is accepted.
_ACCEPTED = (
    *("v", "kind", "connector", "service", "checks", "payload", "payload_v", "limits", "idempotency", "requester"),
    *("organization", "device", "valid_until", "created"),
)

Dump = dict[bytes, bytes]


class RealLedger:
    """A ledger on a server of its own, with the jobs of a world by their places."""

    def __init__(self, client: "redis.Redis", raw: "redis.Redis") -> None:
        self.client, self._raw = client, raw
        self.ledger = Ledger(client, lease=FOR_EVER)
        self.ids: tuple[str, ...] = ()
        self._most = 0
        self._most_open: int | None = None
        self._one_device = False
        self._nonces = 0

    # -- to a state -------------------------------------------------------------------------------------------

    def begin_world(self, first: model.Ledger) -> None:
        """The state in which a world begins."""
        self.client.flushdb()
        self.ids = ()
        self._most = first.places or 0
        self._one_device = len(first.jobs) == 1
        self._nonces = len(first.issued)
        self._most_open = first.most_open
        for connector in (CONNECTOR, ELSEWHERE):
            self.client.hset(keys.CONNECTORS, connector, json.dumps({"organization": ORGANIZATION}))
            self.ledger.resume(connector, by="model")
        if first.most_open is not None:
            self._have_open(LEAST_OPEN - first.most_open)
        for job in first.jobs:
            self.insert(job)

    def _have_open(self, number: int) -> None:
        """So many of what each may have open are open already, and take no part."""
        besides = {f"wipe-besides-{count}": BESIDES for count in range(number)}
        for requester in (REQUESTER, OTHER):
            self.client.zadd(keys.open_of(ORGANIZATION, requester), besides)

    @contextlib.contextmanager
    def without_what_is_open_besides(self) -> Iterator[None]:
        """For a call that asks whether somebody has anything open."""
        if self._most_open is None:
            yield
            return
        for requester in (REQUESTER, OTHER):
            besides = keys.open_of(ORGANIZATION, requester)
            self.client.zremrangebyscore(besides, BESIDES, BESIDES)
        yield
        self._have_open(LEAST_OPEN - self._most_open)

    def dump(self) -> tuple[tuple[str, ...], Dump]:
        """Everything, but the records: nothing is decided on them."""
        self.client.delete(keys.STATUS)
        names = cast("list[bytes]", self._raw.keys("*"))
        with self._raw.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.dump(name)
            found = pipe.execute()
        return self.ids, dict(zip(names, found, strict=True))

    def restore(self, kept: tuple[tuple[str, ...], Dump]) -> None:
        """Everything as it was when it was dumped."""
        self.ids = kept[0]
        with self._raw.pipeline(transaction=False) as pipe:
            pipe.flushdb()
            for name, value in kept[1].items():
                pipe.restore(name, 0, value)
            pipe.execute()

    def insert(self, job: Job) -> Inserted:
        """A job as the model inserts it."""
        place = len(self.ids)
        kind = Kind.PARTITION if job.parent >= 0 else Kind.WIPE if job.phase else Kind.SWEEP
        windows = (Window(self._most or 1000, AN_HOUR),)
        device = job.phone or ("phone" if self._one_device else f"phone-{place}")
        quota = OPEN_QUOTA if self._most_open is None else SMALL_QUOTA
        new = NewJob(
            kind=kind,
            connector=ELSEWHERE if job.elsewhere else CONNECTOR,
            payload=json.dumps({"nonce": job.nonce}),
            organization=ORGANIZATION,
            idempotency_key=f"key-{place}-{job.generation}",
            service=Service.ACTIONS if kind is Kind.WIPE else Service.DISCOVERY,
            checks=Checks.ERASE if kind is Kind.WIPE else Checks.NONE,
            requester=job.requester,
            valid_until=FAR if kind is Kind.WIPE else None,
            device=device if kind is Kind.WIPE else None,
            phase=job.phase,
            parent=self.ids[job.parent] if job.parent >= 0 else None,
            generation=job.generation,
            parked=job.credit,
            limits=Limits(breaker=windows, quota=(Window(quota, AN_HOUR),), fleet_floor=windows[0].limit),
        )
        inserted = self.ledger.insert(new)
        made = inserted.job_id
        self._is_old(job)
        # Those of the same millisecond have no order.
        created = int(cast("str", self.client.hget(keys.job(made), "created")))
        self.client.hset(keys.job(made), "created", created + place)
        if job.credit:
            self.client.zadd(keys.parked(kind, CONNECTOR), {made: place}, xx=True)
        self.ids = (*self.ids, made)
        return inserted

    def _is_old(self, job: Job) -> None:
        """What has waited for long is not counted as about to begin, so that no later wipe is held when it is put in:
        in the model `begin` alone decides.
        """
        if job.phase:
            ahead = keys.quota_ahead(ORGANIZATION, job.requester)
            self.client.delete(keys.brake_ahead(ORGANIZATION, Checks.ERASE), ahead)

    # -- what a fallen service writes -------------------------------------------------------------------------

    def widen(self, place: int) -> None:
        """Limits by which the job passes every brake."""
        windows = (Window(OPEN_QUOTA, AN_HOUR),)
        wide = Limits(breaker=windows, quota=windows, fleet_floor=OPEN_QUOTA).encoded()
        self.client.hset(keys.job(self.ids[place]), mapping={"limits": wide, "model_limits": self.limits_of(place)})

    def deny(self, place: int) -> None:
        """A job that has begun as one that never did."""
        self.client.hset(keys.job(self.ids[place]), mapping={"begun": 0, "phase": "accepted"})

    def revive(self, place: int) -> None:
        """A job that has ended as one that is queued."""
        job = self._fields(place)
        self.client.delete(keys.job(self.ids[place]))
        self.client.zrem(keys.settled(Service.ACTIONS), self.ids[place])
        self._write_accepted(self.ids[place], job, {"begun": job["begun"]})

    def twin(self, place: int) -> None:
        """What was signed, as another job."""
        self.ids = (*self.ids, f"wipe-twin{len(self.ids)}")
        self._write_accepted(self.ids[-1], self._fields(place), {})

    def _write_accepted(self, job_id: str, job: Mapping[str, str], also: dict[Any, Any]) -> None:
        connector = job["connector"]
        kept: dict[Any, Any] = {name: job[name] for name in _ACCEPTED if name in job} | {
            "limits": job.get("model_limits", job["limits"])
        }
        with self.client.pipeline(transaction=False) as pipe:
            pipe.hset(keys.job(job_id), mapping={**kept, **also, "state": "queued", "phase": "accepted"})
            pipe.zadd(keys.due(Service.ACTIONS, connector), {job_id: FAR_OFF})
            pipe.sadd(keys.open_jobs(Service.ACTIONS, connector), job_id)
            pipe.zadd(keys.open_of(ORGANIZATION, job["requester"]), {job_id: job["created"]})
            pipe.hset(keys.open_actions(connector), job["device"], job_id)
            pipe.execute()

    # -- what the model takes for granted ---------------------------------------------------------------------

    def lease_of(self, place: int, *, owns: bool) -> Lease:
        """The lease of the worker that has the job, or one that it had before somebody else got it."""
        job = self._fields(place)
        epoch = int(job.get("epoch", "0"))
        token = job.get("token", "") if owns else "of a lease before"
        return Lease(job_id=self.ids[place], token=token, epoch=epoch, worker="model", deadline=0.0)

    def grant_of(self, place: int) -> str:
        """What stands in the job as a grant: the model's worker finds that somebody signed it."""
        return self._fields(place).get("grant", "")

    def limits_of(self, place: int) -> str:
        """The limits of a job as intake wrote them: those that its worker has verified."""
        job = self._fields(place)
        return job.get("model_limits", job["limits"])

    def request_of(self, place: int) -> str:
        """The digest of what was signed; empty of what the worker says nothing of."""
        nonce = json.loads(self._fields(place).get("payload") or "{}").get("nonce")
        return _digest(nonce) if nonce else ""

    def connector_of(self, place: int) -> str:
        """Its connector."""
        return self._fields(place)["connector"]

    def lapse(self, place: int) -> None:
        """The lease runs out."""
        self.client.hset(keys.job(self.ids[place]), "lease", LONG_AGO)

    def comes_due(self, place: int) -> None:
        """Time passes, until the job is due, unless a lease holds; no other job is."""
        job = self._fields(place)
        self.nothing_is_due()
        if job["state"] == "claimed" and job["lease"] != LONG_AGO:
            return
        for service in SERVICES:
            self.client.zadd(keys.due(service, job["connector"]), {self.ids[place]: LONG_AGO}, xx=True)
        if (job["state"], job.get("wait")) == ("waiting", "time"):
            self.client.hset(keys.job(self.ids[place]), "due", LONG_AGO)

    def runs_out(self, place: int) -> None:
        """Its time passes, if it waits for a person or for the switch and has not begun."""
        self.client.zadd(keys.expiring(Service.ACTIONS, CONNECTOR), {self.ids[place]: LONG_AGO}, xx=True)

    def outcome(self, place: int) -> str:
        """How it ended."""
        return self._fields(place).get("outcome", "")

    def paused_at(self) -> int:
        """Since when the kill switch is on."""
        return int(self.client.hget(keys.paused_by(CONNECTOR), "since") or 0)

    def nothing_is_due(self) -> None:
        """A moment at which no doorbell is rung."""
        for service in SERVICES:
            for connector in (CONNECTOR, ELSEWHERE):
                self.client.zadd(keys.due(service, connector), dict.fromkeys(self.ids, FAR_OFF), xx=True)

    # -- as the model sees it ---------------------------------------------------------------------------------

    def seen(self) -> model.Ledger:
        """The state of the model that this ledger is in."""
        found = tuple(self._job(place) for place in range(len(self.ids)))
        used = self.client.zcard(keys.brake(ORGANIZATION, Checks.ERASE))
        first, again = self.client.hmget(keys.paused_by(CONNECTOR), ["first", "again"])
        return model.Ledger(
            found,
            running=self.ledger.switch(CONNECTOR) == "running",
            places=max(0, self._most - used) if self._most else None,
            most_open=self._most_open,
            first=str(first or ""),
            again=again == "1",
            issued=tuple(self._issued(nonce + 1) for nonce in range(self._nonces)),
        )

    def _issued(self, nonce: int) -> Issued | None:
        kept = [self.client.get(keys.issued(connector, _digest(nonce))) for connector in (CONNECTOR, ELSEWHERE)]
        found = next((cast("str", text) for text in kept if text), None)
        if found is None:
            return None
        job_id, _, ended = found.partition(" ")
        return Issued(self.ids.index(job_id), ended=ended == "settled")

    def _fields(self, place: int) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self.client.hgetall(keys.job(self.ids[place])))

    def _job(self, place: int) -> Job:
        job = self._fields(place)
        state, parent = job["state"], job.get("parent", "")

        def count(name: str) -> int:
            return int(job.get(name) or 0)

        return Job(
            state=state,
            wait=job.get("wait", ""),
            phase=job.get("phase", ""),
            cancel=job.get("cancel") == "1",
            begun=min(MOST_BEGUN, count("begun")),
            crashes=min(MOST_CRASHES, count("crashes")),
            lapsed=state == "claimed" and job["lease"] == LONG_AGO,
            reason=job.get("reason", "") if state == "held" else "",
            outcome=job.get("outcome", ""),
            grant=bool(job.get("grant")),
            grant_used=job.get("grant_used") == "1",
            marked_looks=min(MOST_MARKED_LOOKS + 1, count("marked_looks")),
            parent=self.ids.index(parent) if parent else -1,
            generation=count("generation"),
            own_generation=count("own_generation"),
            pending=count("pending"),
            unread=count("unread"),
            sealed=job.get("sealed") == "1",
            credit=job.get("credit") == "1",
            requester=job.get("requester", ""),
            phone=device if (device := job.get("device", "")) in PHONES else "",
            nonce=json.loads(job.get("payload") or "{}").get("nonce", 0),
            elsewhere=job["connector"] == ELSEWHERE,
            widened="model_limits" in job,
        )


def _digest(nonce: int) -> str:
    return f"signed-{nonce}"


@contextlib.contextmanager
def real_ledger() -> Iterator[RealLedger]:
    """One on a server of its own, for as long as it is needed."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(RestartableValkey(Path(folder)))
        clients = (
            stack.enter_context(contextlib.closing(server.client(decode_responses=text))) for text in (True, False)
        )
        yield RealLedger(*clients)
