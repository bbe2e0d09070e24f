"""The stage of the register's rules: a ledger and a register on a real server, a sweep in a worker's hands."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from exconn.contracts import FACT_OF, DeviceFact, FactsType, Kind, OwnerFact, Service, StatisticsFact
from exconn.inventory import ListedDevice, PagePlace, Register
from exconn.keyspace import keys
from exconn.ledger import Lease, Ledger, NewJob
from tests.support.streams.records import records_of

CONNECTOR = "hq"
CREATED = datetime(2024, 3, 1, 8, 30, 0, tzinfo=UTC)


def guid(number: int) -> str:
    """The same well-spread GUID for the same number."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


def device_fact(number: int, **changes: Any) -> DeviceFact:
    given: dict[str, Any] = {
        "guid": guid(number),
        "name": f"user{number}_iPhone",
        "device_id": f"ApplDNXY{number:08}",
        "device_type": "iPhone",
        "owner": guid(10_000_000 + number),
        "owner_name": f"user{number}",
        "model": "iPhone15C3",
        "os": "iOS 17.5.1 21F90",
        "user_agent": "Apple-iPhone15C3/2106.90",
        "access_state": "Allowed",
        "access_state_reason": "Global",
        "first_sync": CREATED + timedelta(seconds=number),
        "created": CREATED,
    }
    return DeviceFact(**(given | changes))


def listed(number: int, **changes: Any) -> ListedDevice:
    return ListedDevice(fact=device_fact(number, **changes))


def statistics(number: int, **changes: Any) -> StatisticsFact:
    given: dict[str, Any] = {"guid": guid(number), "last_sync": CREATED + timedelta(days=90), "status": "DeviceOk"}
    return StatisticsFact(**(given | changes))


def owner(number: int, **changes: Any) -> OwnerFact:
    given: dict[str, Any] = {"guid": guid(10_000_000 + number), "name": f"user{number}"}
    return OwnerFact(**(given | changes))


class Scene:
    """A sweep that is being listed, and ways to see what it left."""

    def __init__(self, text: redis.Redis, raw: redis.Redis) -> None:
        self.text = text
        self.raw = raw
        self.ledger = Ledger(text, lease=timedelta(minutes=5))
        self.register = Register(raw)
        self._jobs = 0

    def start_sweep(self, number: int = 1) -> tuple[Lease, PagePlace]:
        """A claimed sweep with a fresh list."""
        lease = self.claim(self.insert(Kind.SWEEP))
        return lease, PagePlace(connector=CONNECTOR, sweep=number, generation=self.ledger.restart_list(lease))

    def start_partition(self, sweep: Lease, place: PagePlace) -> tuple[Lease, PagePlace]:
        """A claimed part of that sweep."""
        lease = self.claim(self.insert(Kind.PARTITION, parent=sweep.job_id, generation=place.generation))
        return lease, PagePlace(connector=CONNECTOR, sweep=place.sweep)

    def insert(self, kind: Kind, **changes: Any) -> str:
        self._jobs += 1
        new = NewJob(
            kind=kind,
            connector=CONNECTOR,
            payload="{}",
            idempotency_key=f"key-{self._jobs}",
            service=Service.DISCOVERY,
            **changes,
        )
        return self.ledger.insert(new).job_id

    def claim(self, job_id: str) -> Lease:
        found = self.ledger.claim(job_id, "worker")
        if found is None:
            raise AssertionError(f"{job_id} was not to be had")
        return found.lease

    def records(self) -> list[dict[str, str]]:
        """The fields of every record of the facts stream, in order."""
        return [fields for _, fields in records_of(self.text, keys.facts(CONNECTOR))]

    def facts(self, kind: FactsType) -> list[Any]:
        """Every fact of a type, read as a reader of the stream would."""
        model = FACT_OF[kind]
        pages = [json.loads(record["page"]) for record in self.records() if record["type"] == kind]
        return [model.model_validate(fact) for page in pages for fact in page]

    def dump(self) -> dict[str, str]:
        """Everything that the register holds."""
        return {name: str(self.raw.dump(name)) for name in self.text.scan_iter("exconn:register*", count=1000)}
