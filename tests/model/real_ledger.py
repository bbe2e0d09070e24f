"""The real ledger, brought to a state of the model, called, and looked at again with the model's eyes.

A state is kept as a dump of the server's keys, so that what several ways have in common is gone once.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from exconn.contracts import Checks, Kind, Service
from exconn.keyspace import keys
from exconn.ledger import Lease, Ledger, Limits, NewJob, Window
from tests.model import jobs as model
from tests.model.jobs import MOST_BEGUN, MOST_CRASHES, MOST_MARKED_LOOKS, Job
from tests.support.machine.valkey import RestartableValkey

if TYPE_CHECKING:
    import redis

CONNECTOR = "model"
AN_HOUR, FOR_EVER = timedelta(hours=1), timedelta(days=1)
#: Of a clock of milliseconds: surely over, surely not yet.
LONG_AGO, FAR_OFF = "1", "9999999999999"
SERVICES = (Service.ACTIONS, Service.DISCOVERY)

Dump = dict[bytes, bytes]


class RealLedger:
    """A ledger on a server of its own, with the jobs of a world by their places."""

    def __init__(self, client: "redis.Redis", raw: "redis.Redis") -> None:
        self.client, self._raw = client, raw
        self.ledger = Ledger(client, lease=FOR_EVER)
        self.ids: tuple[str, ...] = ()
        self._most = 0
        self._one_device = False

    # -- to a state -------------------------------------------------------------------------------------------

    def begin_world(self, first: model.Ledger) -> None:
        """The state in which a world begins."""
        self.client.flushdb()
        self.ids = ()
        self._most = first.places or 0
        self._one_device = len(first.jobs) == 1
        self.ledger.resume(CONNECTOR, by="model")
        for job in first.jobs:
            self.insert(job)

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

    def insert(self, job: Job) -> None:
        """A job as the model inserts it."""
        place = len(self.ids)
        kind = Kind.PARTITION if job.parent >= 0 else Kind.WIPE if job.phase else Kind.SWEEP
        windows = (Window(self._most or 1000, AN_HOUR),)
        device = "phone" if self._one_device else f"phone-{place}"
        new = NewJob(
            kind=kind,
            connector=CONNECTOR,
            payload="{}",
            idempotency_key=f"key-{place}-{job.generation}",
            service=Service.ACTIONS if kind is Kind.WIPE else Service.DISCOVERY,
            checks=Checks.ERASE if kind is Kind.WIPE else Checks.NONE,
            requester="desk",
            device=device if kind is Kind.WIPE else None,
            phase=job.phase,
            parent=self.ids[job.parent] if job.parent >= 0 else None,
            generation=job.generation,
            parked=job.credit,
            limits=Limits(breaker=windows, quota=(Window(1000, AN_HOUR),), fleet_floor=windows[0].limit),
        )
        made = self.ledger.insert(new).job_id
        self._is_old(kind)
        # Those of the same millisecond have no order.
        created = int(cast("str", self.client.hget(keys.job(made), "created")))
        self.client.hset(keys.job(made), "created", created + place)
        if job.credit:
            self.client.zadd(keys.parked(kind, CONNECTOR), {made: place}, xx=True)
        self.ids = (*self.ids, made)

    def _is_old(self, kind: Kind) -> None:
        """What has waited for long is not counted as about to begin, so that no later wipe is held when it is put in:
        in the model `begin` alone decides.
        """
        if kind is Kind.WIPE:
            checks = Checks.ERASE
            self.client.delete(keys.brake_ahead(CONNECTOR, checks), keys.quota_ahead(CONNECTOR, "desk"))

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
            self.client.zadd(keys.due(service, CONNECTOR), {self.ids[place]: LONG_AGO}, xx=True)
        if (job["state"], job.get("wait")) == ("waiting", "time"):
            self.client.hset(keys.job(self.ids[place]), "due", LONG_AGO)

    def nothing_is_due(self) -> None:
        """A moment at which no doorbell is rung."""
        for service in SERVICES:
            self.client.zadd(keys.due(service, CONNECTOR), dict.fromkeys(self.ids, FAR_OFF), xx=True)

    # -- as the model sees it ---------------------------------------------------------------------------------

    def seen(self) -> model.Ledger:
        """The state of the model that this ledger is in."""
        found = tuple(self._job(place) for place in range(len(self.ids)))
        used = self.client.zcard(keys.brake(CONNECTOR, Checks.ERASE))
        places = max(0, self._most - used) if self._most else None
        return model.Ledger(found, running=self.ledger.switch(CONNECTOR) == "running", places=places)

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
        )


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
