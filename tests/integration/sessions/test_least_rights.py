"""A connector with accounts that have only what the role scripts grant; by Exchange's own log, they use it all."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.connector import group_parameters
from exconn.contracts import ACCOUNT_ROLES, AccountRole, Kind
from exconn.contracts.work import Install, Payload, PreflightActions, PreflightPolicy, Sweep
from exconn.discovery.install import InstallHandler
from exconn.discovery.partition import PartitionHandler
from exconn.discovery.settings import DiscoverySettings
from exconn.discovery.sweep import SweepHandler
from exconn.doorbell import Handlers, JobTask
from exconn.exchange import Dialect, requirements_of
from exconn.exchange.cmdlets.dialect import policy_settings
from exconn.exchange.rights.exposed import sent_name
from exconn.exchange.rights.role_scripts import RoleScriptPlan, write_scripts
from exconn.inventory import Register
from exconn.ledger import Job, State
from exconn.sessions import PreflightHandler
from tests.support.exchange import powershell
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.jobs.policy_jobs import Governing, make_governing
from tests.support.jobs.wipe_jobs import SERVERS_DOMAIN, make_wiping

if TYPE_CHECKING:
    import redis

CONNECTOR = "demo"
#: The group that the definition guards, by the newer names; only what differs is written.
SETTINGS = group_parameters("password")
#: What only odd mailboxes and phones lead to: another test shows that the code sends it.
RARE: dict[AccountRole, dict[str, set[str]]] = {
    "discovery": {"Get-CASMailbox": {"Filter", "Identity"}},
    "policy": {},
    "actions": {
        "Get-ActiveSyncDevice": {"ResultSize"},
        "Get-MobileDevice": {"ResultSize"},
        "Get-CASMailbox": {"ReadFromDomainController"},
    },
}
FILES: dict[AccountRole, tuple[str, ...]] = {
    "discovery": ("exconn-discovery.ps1",),
    "policy": ("exconn-policy.ps1",),
    "actions": ("exconn-actions.ps1", "exconn-actions-armed.ps1"),
}


def granted(role: AccountRole) -> dict[str, set[str]]:
    """What the scripts give the account of a role: cmdlet -> parameters."""
    plan = RoleScriptPlan(connector=CONNECTOR, accounts=dict.fromkeys(ACCOUNT_ROLES, "somebody"), settings=SETTINGS)
    scripts = write_scripts(plan)
    return {name: own for file in FILES[role] for name, own in powershell.needs(scripts[file]).items()}


def entries(rights: dict[str, set[str]]) -> list[str]:
    """The same as the simulator's file of accounts writes it; a cmdlet alone would mean all of its parameters."""
    return [" ".join([name, *(f"-{parameter}" for parameter in own or {"Verbose"})]) for name, own in rights.items()]


@dataclass
class Life:
    """One connector through everything that its workers do."""

    governing: Governing
    simulator: RunningSimulator
    folder: Path
    handlers: Handlers
    dialect: Dialect

    def run(self, kind: Kind, payload: Payload) -> Job:
        """One job of discovery, or a preflight, to its end."""
        job_id = self.governing.insert(kind, payload)
        return self.settled(job_id)

    def settled(self, job_id: str) -> Job:
        """A job that has succeeded, and whatever it needed."""
        ledger = self.governing.ledger
        task = JobTask(ledger, self.handlers, worker="worker", rings=lambda *_: None)
        for _ in range(200):
            job = ledger.job(job_id)
            assert job is not None
            if job.state is State.SETTLED:
                assert job.outcome == "succeeded", job
                return job
            task(job_id)
            for ring in ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 6}):
                task(ring.job_id)
        raise AssertionError(ledger.job(job_id))

    def discover(self) -> None:
        self.run(Kind.INSTALL, Install())
        self.run(Kind.SWEEP, Sweep(number=1))

    def govern(self) -> None:
        self.run(Kind.PREFLIGHT_POLICY, PreflightPolicy())
        plan = self.governing.plan()
        assert self.governing.applied(plan).outcome == "succeeded"

    def act(self, client: "redis.Redis") -> None:
        """One wipe to its acknowledgement, one that is taken back, a block and an allow."""
        self.run(Kind.PREFLIGHT_ACTIONS, PreflightActions())
        wiping = make_wiping(client, self.simulator, self.folder)
        try:
            wipe = wiping.request(wiping.fresh_device(domain=SERVERS_DOMAIN))
            assert wiping.work(wipe, until=lambda job: job.state is State.SETTLED).outcome == "succeeded"
            pending = wiping.fresh_device()
            self.simulator.phone(pending, "offline")
            mistaken = wiping.request(pending)
            wiping.work(mistaken, until=lambda job: job.phase == "issued")
            wiping.ledger.cancel(mistaken, by="operator")
            assert wiping.work(mistaken, until=lambda job: job.state is State.SETTLED).outcome == "cancelled"
            for kind in (Kind.BLOCK, Kind.ALLOW):
                listed = wiping.request(wiping.fresh_device(domain=SERVERS_DOMAIN), kind=kind)
                assert wiping.work(listed, until=lambda job: job.state is State.SETTLED).outcome == "succeeded"
        finally:
            wiping.close()


@pytest.fixture(params=["2010", "2019"])
def life(
    request: pytest.FixtureRequest, redis_client: "redis.Redis", redis_bytes: "redis.Redis", tmp_path: Path
) -> Iterator[Life]:
    users = {
        role: {
            "username": f"{role}@corp.example",
            "password": "secret",
            "role": "none",
            "also": entries(granted(role)),
        }
        for role in ACCOUNT_ROLES
    }
    (tmp_path / "users.json").write_text(json.dumps(users))
    with running_simulator(tmp_path, devices=60, users=tmp_path / "users.json", version=request.param) as simulator:
        governing = make_governing(redis_client, simulator, tmp_path)
        sessions, store, register = governing.sessions, governing.store, Register(redis_bytes)
        handlers: Handlers = {
            Kind.INSTALL: InstallHandler(sessions=sessions, store=store),
            Kind.SWEEP: SweepHandler(sessions=sessions, register=register, settings=DiscoverySettings()),
            Kind.PARTITION: PartitionHandler(sessions=sessions, register=register),
            Kind.PREFLIGHT_POLICY: PreflightHandler(sessions=sessions, client=redis_client, feature="policy"),
            Kind.PREFLIGHT_ACTIONS: PreflightHandler(sessions=sessions, client=redis_client, feature="actions"),
        }
        dialect: Dialect = "ActiveSync" if request.param == "2010" else "MobileDevice"
        yield Life(governing, simulator, tmp_path, handlers, dialect)
        sessions.close()


def used(simulator: RunningSimulator) -> dict[str, dict[str, set[str]]]:
    """What Exchange executed, by its own log: role -> cmdlet -> parameters."""
    found: dict[str, dict[str, set[str]]] = {}
    for entry in simulator.oracle():
        own = found.setdefault(entry["account"].partition("@")[0], {})
        own.setdefault(entry["cmdlet"], set()).update(entry["sent"])
    return found


def test_what_the_scripts_grant_is_enough_for_everything_and_is_all_used(
    life: Life, redis_client: "redis.Redis"
) -> None:
    life.discover()
    life.govern()
    life.act(redis_client)

    executed = used(life.simulator)
    for role in ACCOUNT_ROLES:
        asked = {sent_name(each.cmdlet, life.dialect) for each in requirements_of(role)}
        assert executed[role].keys() == asked
        rights = granted(role)
        settings = set(policy_settings(life.dialect).values())
        for name in asked:
            assert rights[name] - executed[role][name] - settings <= RARE[role].get(name, set()), name
