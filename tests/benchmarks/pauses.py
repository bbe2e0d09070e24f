"""How long one call of a server function keeps everybody else waiting, with as much in it as it ever gets.

The server itself measures each call (its slow log). Whatever else the machine does meanwhile only adds to that: of each
function the longest tenth of its calls does not count, most of which have as much to do as others, and of all rounds
the best one does.
"""

import re
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import KINDS, Checks, DeviceFact, HoldReason, Kind, OwnerFact, Service, StatisticsFact, WaitReason
from exconn.coordinator.ring_again import MOST_RUNG, QueueShare
from exconn.discovery.settings import DiscoverySettings
from exconn.inventory import ListedDevice, PagePlace, Register
from exconn.keyspace import connect
from exconn.ledger import AccountTrouble, AccountTroubles, Lease, Ledger, NewJob, Outcome, Stopped
from tests.benchmarks.actions import OPEN_BRAKES, PAYLOAD
from tests.benchmarks.report import Report, compare_size
from tests.support.machine.valkey import RestartableValkey

NAME = "pauses"
CONNECTOR = "bench"
GOAL_MS = 4
#: More than any call takes at once.
JOBS = 700
PAGES = 4
#: This share of the calls, the shortest, is said something of.
COUNTS = 0.9
#: What a connector may have when its servers allow all of them.
MOST_SEATS = 18
CREATED = datetime(2024, 3, 1, 8, 30, tzinfo=UTC)

Tell = Callable[[str], None]


class Pauses:
    """A ledger and a register with much in them."""

    def __init__(self, url: str) -> None:
        self.client = connect(url)
        self.ledger = Ledger(self.client, lease=timedelta(minutes=10), ring_again=timedelta(0))
        self.register = Register.at(url, high_water=10**6)
        self._count = 0

    def measured(self, work: Callable[[], None]) -> dict[str, float]:
        """How long the calls of each function in `work` last, in milliseconds, but for the longest tenth."""
        self.client.slowlog_reset()
        work()
        took: dict[str, list[float]] = {}
        for entry in self.client.slowlog_get(-1):
            found = re.match(rb"FCALL exconn_(\w+)_[0-9a-f]{12} ", entry["command"])
            if found:
                took.setdefault(found[1].decode(), []).append(entry["duration"] / 1000)
        return {name: sorted(calls)[int(COUNTS * (len(calls) - 1))] for name, calls in took.items()}

    def round(self) -> None:
        """Everything once."""
        for work in (self._pages, self._due, self._stopped, self._held, self._in_trouble, self._settled, self._parts):
            work()
        self._removed()

    def _pages(self) -> None:
        size = DiscoverySettings.model_fields["page"].default
        lease = self._claimed(self._insert(Kind.SWEEP))
        place = PagePlace(connector=CONNECTOR, sweep=1, generation=self.ledger.restart_list(lease))
        for number in range(PAGES):
            for again in range(2):  # new devices, then the same ones changed
                guids = [str(uuid.uuid5(uuid.NAMESPACE_OID, f"{number} {i}")) for i in range(size)]
                devices = [ListedDevice(fact=_device(guid, again)) for guid in guids]
                self.register.fold_devices(lease, place, devices)
                facts = [StatisticsFact(guid=guid, last_sync=CREATED, status=f"Status{again}") for guid in guids]
                self.register.fold_statistics(lease, place, facts)
                self.register.fold_owners(lease, place, [OwnerFact(guid=guid, name=f"user {again}") for guid in guids])
        self.ledger.settle(lease, Outcome.SUCCEEDED)

    def _due(self) -> None:
        for _ in range(JOBS):
            self._insert(Kind.WIPE)
        room = QueueShare(total=MOST_SEATS).room(0)
        for _ in range(3):
            self.ledger.doorbells_due(CONNECTOR, queues={service.value: room for service in Service}, limit=MOST_RUNG)

    def _stopped(self) -> None:
        self.ledger.pause(CONNECTOR, by="bench")
        for lease in self._many(Kind.WIPE):
            try:
                self.ledger.begin(lease)
            except Stopped:
                continue
        self.ledger.resume(CONNECTOR, by="bench")

    def _held(self) -> None:
        leases = list(self._many(Kind.WIPE))
        for lease in leases:
            self.ledger.hold(lease, HoldReason.SECOND_PERSON)
        self.ledger.release(CONNECTOR, [lease.job_id for lease in leases[:500]], release_id="r", by="bench")

    def _in_trouble(self) -> None:
        troubles = AccountTroubles(self.client)
        trouble = AccountTrouble(code=WaitReason.ACCOUNT_REFUSED, account="bench")
        troubles.found(CONNECTOR, trouble, by="bench")
        for lease in self._many(Kind.WIPE):
            self.ledger.defer(lease, timedelta(hours=1), awaits=trouble.name)
        while troubles.over(CONNECTOR, trouble, by="bench"):
            continue

    def _settled(self) -> None:
        for lease in self._many(Kind.ECHO):
            self.ledger.settle(lease, Outcome.SUCCEEDED)
        later = datetime.now(UTC) + timedelta(hours=1)
        while self.ledger.retire(confirmed_before=later, keep=timedelta(days=7)):
            continue

    def _parts(self) -> None:
        """A list that begins anew leaves parts that nobody waits for."""
        sweep = self._claimed(self._insert(Kind.SWEEP))
        for _ in range(2):
            generation = self.ledger.restart_list(sweep)
            for _ in range(JOBS // 2):
                self._insert(Kind.PARTITION, parent=sweep.job_id, generation=generation, parked=True)
        while self.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION: 10}):
            continue
        self.ledger.settle(sweep, Outcome.SUCCEEDED)

    def _removed(self) -> None:
        ConnectorStore(self.client).remove(CONNECTOR, "bench")
        while self.ledger.clear_removed(CONNECTOR, by="bench"):
            continue

    def _many(self, kind: Kind) -> Iterator[Lease]:
        for _ in range(JOBS):
            yield self._claimed(self._insert(kind))

    def _insert(self, kind: Kind, **more: Any) -> str:
        self._count += 1
        row = KINDS[kind]
        checks = row.checks
        new = NewJob(
            kind=kind,
            connector=CONNECTOR,
            payload=PAYLOAD,
            idempotency_key=f"bench:{self._count}",
            service=row.service,
            checks=checks,
            requester=f"bench-{self._count % 30}" if checks is Checks.ERASE else "",
            limits=OPEN_BRAKES,
            **more,
        )
        return self.ledger.insert(new).job_id

    def _claimed(self, job_id: str) -> Lease:
        claim = self.ledger.claim(job_id, "bench")
        if claim is None:
            raise RuntimeError(f"{job_id} is not to be had")
        return claim.lease


def run(rounds: int, n: int, tell: Tell) -> Report:
    """Each round on an empty server."""
    del n
    worst: dict[str, list[float]] = {}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder, RestartableValkey(Path(folder) / "valkey") as server:
            for name, took in _round(server.url).items():
                worst.setdefault(name, []).append(took)
        tell(f"round {number + 1} of {rounds}")
    longest = {name: min(found) for name, found in worst.items()}
    for name in sorted(longest, key=lambda name: -longest[name]):
        tell(f"{name}: {longest[name]:.2f} ms")
    slowest = max(longest, key=lambda name: longest[name])
    what = f"nine in ten calls of the slowest server function ({slowest}), ms to ms"
    figure = compare_size(what, longest[slowest], GOAL_MS, goal=1)
    return Report(name=NAME, seed=0, n=JOBS, figures=(figure,))


def _round(url: str) -> dict[str, float]:
    pauses = Pauses(url)
    redis.Redis.from_url(url).config_set("slowlog-max-len", 1_000_000)
    pauses.client.config_set("slowlog-log-slower-than", 0)
    ConnectorStore(pauses.client).apply(parse_definition(sample_definition(CONNECTOR)), "bench")
    pauses.ledger.resume(CONNECTOR, by="bench")
    return pauses.measured(pauses.round)


def _device(guid: str, again: int) -> DeviceFact:
    return DeviceFact(
        guid=guid,
        name="user_iPhone",
        device_id=f"ApplDNXY{guid[:8]}",
        device_type="iPhone",
        owner=guid,
        owner_name="user",
        model=f"iPhone{guid[0]}C3",
        os=f"iOS 17.5.{again} 21F90",
        user_agent="Apple-iPhone15C3/2106.90",
        access_state="Allowed",
        access_state_reason="Global",
        first_sync=CREATED,
        created=CREATED,
    )
