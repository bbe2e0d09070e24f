"""An account that Exchange refuses, or that lacks a right: its jobs wait for it, and go on without anybody's help."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from exconn.actions.app import ACTIONS
from exconn.actions.handler import ActionHandler
from exconn.contracts import KINDS, Kind, WaitReason
from exconn.contracts.work import Sweep
from exconn.discovery.partition import PartitionHandler
from exconn.discovery.settings import DiscoverySettings
from exconn.discovery.sweep import SweepHandler
from exconn.doorbell import JobTask
from exconn.doorbell.running import Handler
from exconn.inventory import Register
from exconn.ledger import AccountTroubles, Job, NewJob, State
from exconn.sessions import Sessions
from exconn.signing import RegistryFile
from exconn.stream import Number
from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.jobs.wipe_jobs import CONNECTOR, QUICK, Wiping, make_wiping
from tests.support.machine.processes import wait_until
from tests.support.streams.records import messages_of

pytestmark = pytest.mark.slow

WITHIN = timedelta(seconds=60)
#: Long enough for all that comes by while the password is refused, short enough to be waited for.
PAUSE = timedelta(seconds=4)
CLEARS = ("Clear-MobileDevice", "Clear-ActiveSyncDevice")


class Office:
    """Discovery and device actions of one connector in this process, and what the coordinator does for them."""

    def __init__(self, wiping: Wiping, raw: redis.Redis) -> None:
        self.wiping = wiping
        self.ledger = wiping.ledger
        self.troubles = AccountTroubles(wiping.client, first_pause=PAUSE, longest_pause=PAUSE)
        self.sessions = Sessions(wiping.client, troubles=self.troubles)
        register, settings = Register(raw), DiscoverySettings(partition=1)
        registered = RegistryFile(wiping.registry)
        actions: dict[Kind, Handler] = {
            kind: ActionHandler(
                steps=steps,
                sessions=self.sessions,
                registry=registered,
                store=wiping.store,
                register=register,
                pauses=QUICK,
            )
            for kind, steps in ACTIONS.items()
        }
        discovery: dict[Kind, Handler] = {
            Kind.SWEEP: SweepHandler(sessions=self.sessions, register=register, settings=settings),
            Kind.PARTITION: PartitionHandler(sessions=self.sessions, register=register),
        }
        self._task = JobTask(wiping.ledger, {**actions, **discovery}, worker="worker", rings=lambda *_: None)
        self._heard: set[str] = set()

    def sweep(self) -> str:
        row = KINDS[Kind.SWEEP]
        new = NewJob(
            kind=Kind.SWEEP,
            connector=CONNECTOR,
            payload=Sweep(number=1).model_dump_json(),
            idempotency_key="sweep",
            service=row.service,
            checks=row.checks,
        )
        return self.ledger.insert(new).job_id

    def wipe(self, *, online: bool = True) -> str:
        guid = self.wiping.fresh_device()
        if not online:
            self.wiping.simulator.phone(guid, "offline")
        return self.wiping.request(guid)

    def issued(self, count: int) -> list[str]:
        """Wipes of phones that are off, as far as Exchange takes them."""
        wipes = [self.wipe(online=False) for _ in range(count)]
        self.until(lambda: all(self.job(wipe).phase == "issued" for wipe in wipes), "wipes to be issued")
        return wipes

    def round(self) -> None:
        """One of the coordinator, and the work for all whose doorbell it rings."""
        self.troubles.wake(CONNECTOR, by="coordinator")
        new = [job for job in self.ledger.unsettled(CONNECTOR) if job not in self._heard]
        self._heard.update(new)
        for job in sorted(new):
            self._task(job)
        for ring in self.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 6}):
            self._task(ring.job_id)

    def until(self, reached: Callable[[], bool], what: str) -> None:
        def looked() -> bool:
            self.round()
            return reached()

        wait_until(looked, WITHIN, what)

    def job(self, job_id: str) -> Job:
        return self.wiping.job(job_id)

    def jobs(self) -> list[Job]:
        return [self.job(job) for job in sorted(self.ledger.unsettled(CONNECTOR))]

    def are_waiting(self, jobs: list[str]) -> bool:
        """Whether each has been put off because of a trouble."""
        return all(self.job(job).awaits for job in jobs)

    def are_issued(self, wipes: list[str]) -> bool:
        return all(self.job(wipe).phase not in ("accepted", "issuing") for wipe in wipes)

    def told(self, number: Number) -> int:
        return sum(1 for message in messages_of(self.wiping.client) if message.number == number)

    def clears(self) -> list[str]:
        """The devices that were wiped, once for each cmdlet that Exchange took."""
        entries = self.wiping.simulator.oracle(cmdlet="Clear-*")
        return [str(entry["identity_guid"]) for entry in entries if entry["outcome"] == "ok"]

    def lock_out(self, *accounts: str) -> None:
        for account in accounts:
            self.wiping.simulator.control("POST", f"/accounts/{account}/password", {})

    def let_in(self, *accounts: str) -> None:
        for account in accounts:
            password = self.wiping.simulator.password(account)
            self.wiping.simulator.control("POST", f"/accounts/{account}/password", {"password": password})

    def refused(self) -> int:
        return int(self.wiping.simulator.counters()["sign_ins"]["refused"])


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = start_simulator(tmp_path_factory.mktemp("simulator"), devices=80, seed=11, phone_sync="0.7s")
    yield running
    running.close()


@pytest.fixture
def office(redis_client: redis.Redis, redis_url: str, simulator: RunningSimulator, tmp_path: Path) -> Iterator[Office]:
    wiping = make_wiping(redis_client, simulator, tmp_path)
    raw = redis.Redis.from_url(redis_url)
    made = Office(wiping, raw)
    yield made
    simulator.control("DELETE", "/roles")
    made.let_in("discovery", "actions")
    made.sessions.close()
    wiping.close()
    raw.close()


def test_a_refused_password_holds_no_job_and_when_it_works_the_sweep_ends_and_wipes_are_issued_by_themselves(
    office: Office,
) -> None:
    tracked = office.issued(3)
    sweep = office.sweep()
    office.until(lambda: office.job(sweep).phase == "listed", "the sweep's list")
    parts = [job.id for job in office.jobs() if job.kind == Kind.PARTITION]
    assert len(parts) >= 40
    refused_before, cleared_before = office.refused(), len(office.clears())

    office.lock_out("discovery", "actions")
    new = [office.wipe() for _ in range(5)]
    office.until(lambda: office.are_waiting(new), "new wipes to wait")
    office.until(lambda: sum(1 for part in parts if office.job(part).awaits) >= 5, "parts to wait")

    assert not [job for job in office.jobs() if job.state is State.HELD]
    assert {office.job(wipe).reason for wipe in new} == {WaitReason.ACCOUNT_REFUSED}
    assert office.told(Number.ACCOUNT_REFUSED) == 2  # one for each account
    assert 2 <= office.refused() - refused_before <= 4
    assert sum(trouble.waiting for trouble in office.troubles.present(CONNECTOR)) >= 10

    office.let_in("discovery", "actions")
    office.until(lambda: office.job(sweep).state is State.SETTLED, "the sweep to end")
    office.until(lambda: office.are_issued(new), "wipes to be issued")

    assert office.job(sweep).outcome == "succeeded"
    assert len(office.clears()) - cleared_before == 5
    assert not [job for job in office.jobs() if job.state is State.HELD]
    assert (office.told(Number.ACCOUNT_REFUSED), office.told(Number.TROUBLE_OVER)) == (2, 2)
    assert office.told(Number.JOB_HELD) == 0
    assert office.troubles.known(CONNECTOR) == []
    waits = Counter(
        message.job
        for message in messages_of(office.wiping.client)
        if message.data.get("reason") == WaitReason.ACCOUNT_REFUSED and message.job
    )
    assert set(new) <= set(waits)
    assert set(waits.values()) == {1}
    assert all(office.job(wipe).phase == "issued" for wipe in tracked)


def test_while_a_right_is_missing_only_those_wait_that_need_it_and_one_cmdlet_is_tried(office: Office) -> None:
    (tracked,) = office.issued(1)
    cleared_before = len(office.clears())
    office.wiping.simulator.rights("actions", without=CLEARS)
    office.sessions.close()

    new = [office.wipe() for _ in range(4)]
    office.until(lambda: office.are_waiting(new), "wipes to wait for the right")
    looks = office.job(tracked).looks
    office.until(lambda: office.job(tracked).looks > looks, "a look at the wipe that is in Exchange")
    assert (office.job(tracked).awaits, office.job(tracked).phase) == ("", "issued")

    assert {office.job(wipe).reason for wipe in new} == {WaitReason.CMDLET_MISSING}
    assert sum(office.job(wipe).begun for wipe in new) == 1
    (trouble,) = office.troubles.present(CONNECTOR)
    assert (trouble.cmdlet, trouble.account) == ("Clear-MobileDevice", office.wiping.simulator.username("actions"))
    office.until(lambda: office.troubles.present(CONNECTOR)[0].failures >= 3, "more tries")
    assert office.told(Number.RIGHT_MISSING) == 1
    # Once as accepted, once as issuing: from then on a try only looks whether a new session shows the cmdlet.
    assert sum(office.job(wipe).begun for wipe in new) <= 2

    office.wiping.simulator.control("DELETE", "/roles")
    office.until(lambda: office.are_issued(new), "wipes to be issued")

    assert len(office.clears()) - cleared_before == 4
    assert (office.told(Number.RIGHT_MISSING), office.told(Number.TROUBLE_OVER)) == (1, 1)
    assert office.told(Number.JOB_HELD) == 0


def test_a_right_that_was_granted_while_a_session_was_open_is_found_without_an_alarm(office: Office) -> None:
    office.wiping.simulator.rights("actions", without=CLEARS)
    with office.sessions.open(CONNECTOR, "actions") as session:
        assert not session.exposes(["Clear-MobileDevice"])
    office.wiping.simulator.control("DELETE", "/roles")

    wipe = office.wipe()
    office.until(lambda: office.are_issued([wipe]), "the wipe to be issued")

    assert office.told(Number.RIGHT_MISSING) == 0


def test_a_retry_of_one_job_tries_the_account_at_once(office: Office) -> None:
    office.lock_out("actions")
    wipes = [office.wipe() for _ in range(3)]
    office.until(lambda: office.are_waiting(wipes), "wipes to wait")
    slow = AccountTroubles(office.wiping.client)
    slow.found(CONNECTOR, office.troubles.present(CONNECTOR)[0], by="test", seen=9)
    office.let_in("actions")

    office.ledger.retry(wipes[1], by="boss")
    office.until(lambda: office.are_issued(wipes), "all to be issued")


def test_a_password_file_that_cannot_be_read_holds_no_wipe_which_is_issued_when_it_is_there_again(
    office: Office,
) -> None:
    file = Path(office.wiping.simulator.accounts["actions"]["password_file"])
    password = file.read_text("utf-8")
    file.unlink()
    try:
        wipe = office.wipe()
        office.until(lambda: office.are_waiting([wipe]), "the wipe to wait")
    finally:
        file.write_text(password, "utf-8")

    assert office.job(wipe).reason == WaitReason.ENDPOINT_REFUSED
    assert office.told(Number.ACCOUNT_REFUSED) == 1
    office.until(lambda: office.are_issued([wipe]), "the wipe to be issued")
    assert office.told(Number.TROUBLE_OVER) == 1
