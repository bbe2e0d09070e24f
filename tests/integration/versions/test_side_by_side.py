"""Processes of this version and of earlier ones on one ledger: wipes under way survive the upgrade and the way back.

The judge is not asked for its opinion by any of them: the simulated Exchange's own log and the ledger server's
append-only file say what happened.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import httpx2
import pytest

from exconn.connector import ConnectorStore, parse_definition
from exconn.contracts import Answer, Request
from exconn.contracts.request import RequestKind, Target
from exconn.contracts.seen import seen_of_shown
from exconn.keyspace import keys
from exconn.ledger import Job, Ledger, State
from exconn.signing import sign
from exconn.stream import Number
from tests.support.exchange.shown_devices import shown
from tests.support.fault_runs.evidence import clears, now, shown_messages, status_messages
from tests.support.fault_runs.judge import judge, unshown
from tests.support.fault_runs.points import Point
from tests.support.fault_runs.setting import REQUESTER, Setting, audience_at, definition, make_registry, new_nonce
from tests.support.fault_runs.trial import Trial
from tests.support.machine.earlier_versions import (
    ROOT,
    SOURCES,
    STOPPED,
    THIS,
    Version,
    earlier_versions,
    runs_beside,
)
from tests.support.system.cluster import Cluster

CONNECTOR = "field"
DEVICES = 60
WIPES_A_WAVE = 6
WITHIN = timedelta(seconds=90)
#: So late is the answer to a wipe cmdlet that others are under way whenever a worker is killed.
LATE_SECONDS = 1.0


@dataclass
class Fleet:
    """A cluster in which each process runs one version or another."""

    cluster: Cluster
    earlier: Sequence[Version]
    setting: Setting
    ledger: Ledger
    trials: list[Trial] = field(default_factory=list)
    #: Process id of a worker -> the version that it ran.
    workers: dict[int, str] = field(default_factory=dict)

    @property
    def versions(self) -> list[Version]:
        return [THIS, *self.earlier]

    def start_each(self, service: str, **environment: str) -> None:
        """A process of each version."""
        for version in self.versions:
            self.cluster.start_service(service, name=f"{service}-{version.name}", **environment | version.environment)

    def doors(self) -> list[str]:
        """An intake of each version."""
        registry = {"EXCONN_REQUESTERS_FILE": str(self.setting.registry)}
        return [
            self.cluster.start_intake(f"intake-{version.name}", **registry | version.environment)
            for version in self.versions
        ]

    def start_workers(self) -> None:
        """A device-action worker of each version; short leases, so that a killed one's jobs are soon taken over."""
        registry = {"EXCONN_REQUESTERS_FILE": str(self.setting.registry)}
        self.start_each("actions", **registry, EXCONN_LEASE="3s", EXCONN_WORKER_CONCURRENCY="2")
        self.cluster.wait(self._all_listen, "workers that hear doorbells")
        self._remember()

    def exchange(self, names: Sequence[Version], to: Version) -> None:
        """Kill the workers that began as these versions; they come back as `to`."""
        before = self._pids()
        for version in names:
            self.cluster.exchange(f"actions-{version.name}", **to.environment)
        exchanged = {f"actions-{version.name}" for version in names}

        def came_back() -> bool:
            return self._all_listen() and all(self._pids()[name] != before[name] for name in exchanged)

        self.cluster.wait(came_back, "workers that hear doorbells again")
        self._remember(**dict.fromkeys(exchanged, to.name))

    def wave(self, doors: Sequence[str]) -> list[Trial]:
        """Ask for wipes, at each door in turn."""
        first = len(self.trials)
        phones = self.setting.devices[first : first + WIPES_A_WAVE]
        asked = [self._ask(number, guid, door) for (number, guid), door in zip(enumerate(phones, first), cycle(doors))]
        self.trials += asked
        return asked

    def under_way(self, trials: Sequence[Trial]) -> bool:
        """Whether Exchange has some of these wipes, and others are still to come."""
        executed = {clear.guid for clear in clears(self.cluster.simulator.oracle(cmdlet="Clear-*"))}
        return 0 < len(executed & {trial.guid for trial in trials}) < len(trials)

    def settled(self, trials: Sequence[Trial]) -> bool:
        """Whether all of these have ended."""
        return all(job is not None and job.state is State.SETTLED for job in (self.ledger.job(t.job) for t in trials))

    def claimed_by(self) -> dict[str, set[str]]:
        """Which versions have had each job in their hands, by the record."""
        found: dict[str, set[str]] = {}
        for message in status_messages(self.cluster.folder / "valkey"):
            if message.number == Number.JOB_CLAIMED and message.by.startswith("actions."):
                pid = int(message.by.partition("@")[0].rpartition(".")[2])
                found.setdefault(message.job, set()).add(self.workers[pid])
        return found

    def _ask(self, number: int, guid: str, door: str) -> Trial:
        trial = Trial(number=number, point=Point("two versions"), connector=CONNECTOR, guid=guid, nonce=new_nonce())
        asked = now()
        request = Request(
            kind=RequestKind.WIPE,
            audience=audience_at(self.cluster, CONNECTOR),
            connector=CONNECTOR,
            target=Target(device=guid, seen=seen_of_shown(trial.nonce, shown(self.cluster.simulator, guid))),
            reason="upgrade",
            requester=REQUESTER,
            nonce=trial.nonce,
            present_by=asked + timedelta(minutes=10),
            valid_until=asked + timedelta(hours=1),
        )
        body = sign(request, self.setting.key).model_dump_json()
        reply = httpx2.post(f"{door}/v1/requests", content=body, timeout=20.0, trust_env=False)
        answer = Answer.model_validate_json(reply.content)
        assert answer.status == "accepted", answer
        trial.job = answer.job or ""
        return trial

    def _all_listen(self) -> bool:
        beating = {str(name) for name in self.cluster.client.hkeys(keys.HEARTBEATS)}
        return all(any(name.endswith(f"/{pid}") for name in beating) for pid in self._pids().values())

    def _pids(self) -> dict[str, int]:
        return {member.name: member.child.pid for member in self.cluster.members("actions") if member.child}

    def _remember(self, **ran: str) -> None:
        for name, pid in self._pids().items():
            self.workers.setdefault(pid, ran.get(name, name.partition("-")[2]))


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Discovered by coordinators and discovery workers of all versions together; armed, switch running."""
    earlier = earlier_versions(tmp_path)
    cluster = Cluster(tmp_path / "cluster")
    try:
        cluster.start(devices=DEVICES, seed=23, phone_sync="0.7s")
        key, registry = make_registry(cluster.folder)
        phones = tuple(
            str(device["guid"])
            for device in cluster.simulator.devices(limit=DEVICES)
            if device["online"] and not str(device["device_type"]).startswith("Outlook")
        )
        setting = Setting(key, registry, (CONNECTOR,), phones)
        fleet = Fleet(cluster, earlier, setting, Ledger(cluster.client))
        _discover(fleet)
        yield fleet
    finally:
        cluster.stop()


def _discover(fleet: Fleet) -> None:
    store = ConnectorStore(fleet.cluster.client)
    store.apply(parse_definition(definition(fleet.cluster, CONNECTOR)), "operator")
    for service in ("coordinator", "discovery"):
        fleet.start_each(service, EXCONN_DISCOVERY_PARTITION="5")

    def swept() -> bool:
        return bool(fleet.cluster.client.get(keys.fleet(CONNECTOR))) and not fleet.ledger.unsettled(CONNECTOR)

    fleet.cluster.wait(swept, "the first discovery", WITHIN)
    for member in fleet.cluster.members("discovery"):
        fleet.cluster.end_service(member.name)
    store.arm(CONNECTOR, "actions", "operator")
    fleet.ledger.resume(CONNECTOR, by="operator")


def test_a_version_runs_beside_one_that_reads_what_it_writes(tmp_path: Path) -> None:
    assert runs_beside(THIS, tmp_path)


@pytest.mark.parametrize(
    ("path", "text", "instead"),
    [
        ("shared/exconn/contracts/request.py", "audience: Audience", "addressee: Audience"),
        ("shared/exconn/signing/requesters.py", "deployment: ", "installation: "),
        ("shared/exconn/contracts/kinds.py", "format=2", "format=1"),
        ("shared/exconn/keyspace/keys.py", "def due(service: str, connector: str)", "def due(connector: str)"),
    ],
    ids=["request", "registry", "payload", "keys"],
)
def test_a_version_with_another_form_does_not_run_beside_this_one(
    path: str, text: str, instead: str, tmp_path: Path
) -> None:
    other = Version("other", tmp_path / "other")
    for source in SOURCES:
        shutil.copytree(ROOT / source, tmp_path / "other" / source, ignore=shutil.ignore_patterns("__pycache__"))
    changed = tmp_path / "other" / path
    before = changed.read_text(encoding="utf-8")
    assert text in before
    changed.write_text(before.replace(text, instead), encoding="utf-8")

    assert not runs_beside(other, tmp_path)


def test_the_upgrade_page_says_what_it_means_that_versions_do_not_run_side_by_side() -> None:
    page = (ROOT / "docs/howto/upgrade.md").read_text(encoding="utf-8")

    assert f"\n## {STOPPED}\n" in page


@pytest.mark.long
@pytest.mark.faults
@pytest.mark.timeout(300)
def test_wipes_under_way_survive_an_upgrade_and_the_way_back(fleet: Fleet) -> None:
    """Killed, not stopped: whoever upgrades in an orderly way asks less of it."""
    assert fleet.cluster.client.get(keys.fleet(CONNECTOR)) == str(DEVICES)
    fleet.cluster.start_service("monitor")
    doors = fleet.doors()
    fleet.cluster.wait(lambda: all(_answers(door) for door in doors), "intakes that answer")
    fleet.start_workers()
    fleet.cluster.simulator.fault("slow_answer", cmdlet="Clear-*", times=-1, seconds=LATE_SECONDS)

    there = fleet.wave(doors)
    fleet.cluster.wait(lambda: fleet.under_way(there), "wipes under way")
    fleet.exchange(fleet.earlier, THIS)
    fleet.cluster.wait(lambda: fleet.settled(there), "all wipes of the upgrade to end", WITHIN)
    back = fleet.wave(doors)
    fleet.cluster.wait(lambda: fleet.under_way(back), "wipes under way again")
    fleet.exchange(fleet.versions, fleet.earlier[0])
    fleet.cluster.end_service(f"coordinator-{THIS.name}")
    fleet.cluster.wait(lambda: fleet.settled(back), "all wipes of the way back to end", WITHIN)

    claimed = fleet.claimed_by()
    assert {version.name for version in fleet.versions} == set().union(*claimed.values())
    assert any(len(versions) > 1 for versions in claimed.values())
    _judge(fleet)


def _judge(fleet: Fleet) -> None:
    """None lost, none doubled, all acknowledged, all on record without a gap, and shown."""
    jobs: dict[str, Job] = {trial.job: job for trial in fleet.trials if (job := fleet.ledger.job(trial.job))}
    executed = clears(fleet.cluster.simulator.oracle(cmdlet="Clear-*"))
    messages = status_messages(fleet.cluster.folder / "valkey")
    verdict = judge(fleet.trials, jobs, executed, messages)
    shown = shown_messages(fleet.cluster.monitor_url, last=messages[-1].sequence, within=WITHIN)
    assert verdict.sentences() + unshown(messages, shown) == []
    devices = [fleet.cluster.simulator.device(trial.guid) for trial in fleet.trials]
    assert all(device["wipe"]["acknowledged"] for device in devices)


def _answers(door: str) -> bool:
    try:
        return httpx2.get(f"{door}/health", timeout=5.0, trust_env=False).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False
