"""Handlers on a real ledger and register, with an organization in memory in place of Exchange."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis

from exconn.contracts import KINDS, Kind, ReadingGaps
from exconn.contracts.work import OwnerDevices, Partition, Sweep
from exconn.discovery.fold_errors import FoldingHandler
from exconn.discovery.partition import PartitionHandler
from exconn.discovery.settings import DiscoverySettings
from exconn.discovery.sweep import SweepHandler
from exconn.doorbell import JobTask
from exconn.inventory import ListedDevice, PagePlace, Register, device_fact
from exconn.ledger import Job, Ledger, NewJob
from tests.support.exchange.made_up_devices import Organization, device, owner

CONNECTOR = "hq"


@dataclass
class Seated:
    """Sessions on one organization; `refuses` is raised instead, when set."""

    organization: Organization
    refuses: Exception | None = None
    opened: int = 0

    @contextmanager
    def open(self, _connector: str, _role: str, *, need: str) -> Iterator[Any]:
        assert need
        if self.refuses is not None:
            raise self.refuses
        self.opened += 1
        yield self.organization

    def definition(self, _connector: str, _revision: int) -> Any:
        from exconn.connector import parse_definition, sample_definition

        return parse_definition(sample_definition())


class Stage:
    """Inserts jobs, works on them as a worker does, and shows what became of them."""

    def __init__(
        self, text: redis.Redis, raw: redis.Redis, organization: Organization, *, high_water: int = 100
    ) -> None:
        self.text = text
        self.ledger = Ledger(text, lease=timedelta(minutes=5))
        self.register = Register(raw, high_water=high_water)
        self.sessions = Seated(organization)
        sessions: Any = self.sessions
        settings = DiscoverySettings(page=10, partition=2)
        handlers = {
            Kind.SWEEP: FoldingHandler(SweepHandler(sessions=sessions, register=self.register, settings=settings)),
            Kind.PARTITION: FoldingHandler(PartitionHandler(sessions=sessions, register=self.register)),
        }
        self.task = JobTask(self.ledger, handlers, worker="one", rings=lambda *_: None)

    def insert(self, kind: Kind, payload: str, **changes: Any) -> str:
        row = KINDS[kind]
        key = f"{kind}-{self.text.incr('count')}"
        new = NewJob(
            kind=kind, connector=CONNECTOR, payload=payload, idempotency_key=key, service=row.service, **changes
        )
        return self.ledger.insert(new).job_id

    def sweep(self, number: int = 1) -> str:
        return self.insert(Kind.SWEEP, Sweep(number=number).model_dump_json())

    def part(self, *owners: OwnerDevices, listed: int = 0) -> str:
        """A part of a sweep whose list had that many devices."""
        claim = self.ledger.claim(self.insert(Kind.SWEEP, "{}"), "lister")
        assert claim is not None
        generation = self.ledger.restart_list(claim.lease)
        place = PagePlace(connector=CONNECTOR, sweep=1, generation=generation)
        devices = [ListedDevice(fact=device_fact(device(n, owner(n)))) for n in range(listed)]
        self.register.fold_devices(claim.lease, place, devices)
        self.register.fold_gaps(claim.lease, place, ReadingGaps(), first=True)
        work = Partition(sweep=1, number=1, owners=owners)
        part = self.insert(Kind.PARTITION, work.model_dump_json(), parent=claim.lease.job_id, generation=generation)
        self.ledger.await_children(claim.lease)
        return part

    def job(self, job_id: str) -> Job:
        found = self.ledger.job(job_id)
        assert found is not None
        return found

    def run(self, job_id: str) -> Job:
        """One doorbell."""
        self.task(job_id)
        return self.job(job_id)

    def run_all(self) -> None:
        """Ring until nothing is due any more."""
        while rings := self.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 100}):
            words = [self.task(ring.job_id) for ring in rings]
            if set(words) == {"not to be had"}:
                return
