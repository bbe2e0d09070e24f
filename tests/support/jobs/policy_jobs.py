"""A ledger, a simulator and the real policy handlers in this process: plans and their application."""

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exconn.connector import ConnectorStore, parse_definition
from exconn.contracts import KINDS, Kind
from exconn.contracts.hold_text import hold_text
from exconn.contracts.policy_towards import Goal, Towards
from exconn.contracts.request import Request, RequestKind, Target
from exconn.contracts.work import Payload, PolicyApply, PolicyPlan
from exconn.demo.definition import SimulatorAddress, demo_definition
from exconn.doorbell import Handlers, JobTask
from exconn.exchange import ExchangeError, MailboxPolicy, Session
from exconn.ledger import Job, Ledger, NewJob, State
from exconn.policy.applied import AppliedPlans
from exconn.policy.apply_job import ApplyHandler
from exconn.policy.default_policy import default_policy
from exconn.policy.plan_job import PlanHandler
from exconn.policy.plan_store import Plans
from exconn.policy.takings import Takings
from exconn.sessions import Sessions
from exconn.signing import RegistryFile, SigningKey, new_signing_key, registry_text, sign
from exconn.signing.registry_in_force import RegistryInForce
from tests.support.exchange.simulator import RunningSimulator
from tests.support.jobs.claims import claim_until
from tests.support.jobs.releases import release_of
from tests.support.requests.signed import DEPLOYMENT, request_of
from tests.support.streams.records import records_of

if TYPE_CHECKING:
    import redis

CONNECTOR = "demo"
ENOUGH = timedelta(seconds=30)


@dataclass(kw_only=True)
class Governing:
    """What a test of policy needs."""

    client: "redis.Redis"
    simulator: RunningSimulator
    ledger: Ledger
    handlers: Handlers
    sessions: Sessions
    store: ConnectorStore
    text: str
    registry: Path
    key: SigningKey
    boss: SigningKey

    def define(self, password: str, *, policy: str = "", **groups: str) -> None:
        """Make a definition with these lines of the groups the newest; no line gives a group up.

        Lines of `policy` stand in the table itself.
        """
        head, _, tail = self.text.partition("[policy.password]")
        _, _, rest = tail.partition("[limits.erase]")
        written = {"policy": policy, "policy.password": password}
        written |= {f"policy.{name}": lines for name, lines in groups.items()}
        told = "".join(f"[{name}]\n{lines}\n" for name, lines in written.items() if lines)
        self.store.apply(parse_definition(f"{head}{told}[limits.erase]{rest}"), "operator")

    def plan(self) -> Job:
        """A plan, made and settled."""
        return self.work(self.insert_plan(), until=lambda job: job.state is State.SETTLED)

    def plan_back(self, goal: Goal, *, group: str | None = None, job: str | None = None) -> Job:
        """A plan towards what was before, made and settled."""
        work = PolicyPlan(towards=Towards(goal=goal, group=group, job=job))
        return self.work(self.insert(Kind.POLICY_PLAN, work), until=lambda job: job.state is State.SETTLED)

    def insert_plan(self) -> str:
        """Insert the job that makes a plan; its id."""
        return self.insert(Kind.POLICY_PLAN, PolicyPlan())

    def apply(self, plan: Job, *, requester: str = "operator", **signed: Any) -> str:
        """Insert the application of exactly that plan, which the operator asks for; its job id.

        What somebody writes into the ledger himself names another `requester`, or is something else than was `signed`.
        """
        asked: dict[str, Any] = {
            "kind": RequestKind.POLICY_APPLY,
            "target": Target(plan=plan.id, digest=str(plan.data["digest"])),
            "requester": "operator",
            "connector": CONNECTOR,
        }
        request = request_of(**asked | signed)
        work = PolicyApply(plan=plan.id, digest=str(plan.data["digest"]), envelope=self.signed(request))
        return self.insert(Kind.POLICY_APPLY, work, requester=requester, valid_until=request.valid_until)

    def signed(self, request: Request) -> str:
        """The request, with the key of its requester."""
        return sign(request, {"boss": self.boss, "operator": self.key}[request.requester]).model_dump_json()

    def release(self, job: Job, *, shown: str = "", by: str = "boss") -> None:
        """Somebody releases a held job, for what it is held for if nothing else is said."""
        request = release_of(self.ledger, job.id, shown=shown or hold_text(job.reason, job.subject), by=by)
        self.ledger.release(CONNECTOR, [job.id], release_id=request.nonce, by=by, grant=self.signed(request))

    def applied(self, plan: Job) -> Job:
        """Apply a plan; the job when it has settled, or is held or paused."""
        return self.work(self.apply(plan), until=at_rest)

    def insert(
        self, kind: Kind, payload: Payload, *, requester: str = "operator", valid_until: datetime | None = None
    ) -> str:
        """Insert a job, as intake does."""
        row = KINDS[kind]
        new = NewJob(
            kind=kind,
            connector=CONNECTOR,
            payload=payload.model_dump_json(),
            idempotency_key=secrets.token_hex(8),
            service=row.service,
            checks=row.checks,
            requester=requester,
            revision=self.store.get(CONNECTOR).revision,
            valid_until=valid_until,
        )
        return self.ledger.insert(new).job_id

    def work(self, job_id: str, *, until: Callable[[Job], bool] | None = None) -> Job:
        """Claim the job again and again, without waiting for its time, until it is as wanted (or at rest)."""
        wanted = until or at_rest
        return claim_until(self.ledger, job_id, lambda job: self.claim(job.id), until=wanted, within=ENOUGH)

    def claim(self, job_id: str, ledger: Ledger | None = None) -> None:
        """What a worker does at a doorbell."""
        JobTask(ledger or self.ledger, self.handlers, worker="worker", rings=lambda *_: None)(job_id)

    def in_exchange(self) -> MailboxPolicy:
        """The default policy as Exchange has it."""
        with self.sessions.open(CONNECTOR, "policy") as session:
            return default_policy(session.mailbox_policies())

    def change_in_exchange(self, **values: object) -> None:
        """An administrator changes the default policy by hand."""
        policy = self.in_exchange()
        with self.sessions.open(CONNECTOR, "policy") as session:
            session.set_mailbox_policy(policy.guid, values)

    def make_default(self, name: str, **values: object) -> None:
        """An administrator has another policy be the default, with these values."""
        with self.sessions.open(CONNECTOR, "policy") as session:
            session.set_mailbox_policy(name, {**values, "IsDefault": True})

    def sets(self) -> int:
        """How often Exchange has executed a change of a policy."""
        entries = self.simulator.oracle(cmdlet="Set-*MailboxPolicy")
        return len([entry for entry in entries if entry["outcome"] == "ok"])

    def told(self, job_id: str) -> list[int]:
        """The numbers of a job's status messages, in order."""
        return [int(fields["n"]) for _, fields in records_of(self.client, "exconn:status") if fields["job"] == job_id]

    def lose_after_begin(self, job_id: str, *, values: dict[str, object]) -> None:
        """What a worker leaves that is lost around its cmdlet: `values` had reached Exchange, or are on their way."""
        with Session.open(self.sessions.endpoint(CONNECTOR, "policy")) as session:
            guid = default_policy(session.mailbox_policies()).guid
            claim = self.ledger.claim(job_id, "lost worker")
            assert claim is not None
            self.ledger.begin(
                claim.lease, pre_image={"values": {}, "session_id": session.session_id, "server": session.server}
            )
            self.ledger.defer(claim.lease, timedelta(0))
            if values:
                with suppress(ExchangeError):
                    session.set_mailbox_policy(guid, values)


def at_rest(job: Job) -> bool:
    """Whether a job waits for nothing that a worker could do."""
    return job.state in (State.SETTLED, State.HELD) or job.wait == "switch"


def changes_of(plan: Job) -> dict[str, object]:
    """Parameter and wanted value of each planned change, as shown to people."""
    return {change["parameter"]: change["wanted"] for change in json.loads(json.dumps(plan.data["changes"]))}


def make_governing(client: "redis.Redis", simulator: RunningSimulator, folder: Path) -> Governing:
    """Connector applied, installed, armed for policy; kill switch running."""
    address = SimulatorAddress(
        url=simulator.url,
        control_url=simulator.control_url,
        ca_file=str(simulator.ca_file),
        accounts=simulator.accounts,
    )
    text = demo_definition(address)
    store = ConnectorStore(client)
    store.apply(parse_definition(text), "operator")
    store.set_installed(CONNECTOR, "5eedf00d-0000-4000-8000-000000000000", "test")
    store.arm(CONNECTOR, "policy", "test")
    ledger = Ledger(client, lease=timedelta(seconds=4))
    ledger.resume(CONNECTOR, by="operator")
    sessions, plans = Sessions(client), Plans(client)
    key, boss, registry = new_signing_key(), new_signing_key(), folder / "requesters.toml"
    named = {"operator": key.public_text, "boss": boss.public_text}
    registry.write_text(registry_text(named, deployment=DEPLOYMENT), encoding="utf-8")
    applied = AppliedPlans(client)
    apply = ApplyHandler(
        sessions=sessions,
        plans=plans,
        store=store,
        registry=RegistryInForce(RegistryFile(registry), client),
        applied=applied,
    )
    handlers: Handlers = {
        Kind.POLICY_PLAN: PlanHandler(
            sessions=sessions, plans=plans, takings=Takings(plans=plans, store=store), applied=applied
        ),
        Kind.POLICY_APPLY: apply,
    }
    return Governing(
        client=client,
        simulator=simulator,
        ledger=ledger,
        handlers=handlers,
        sessions=sessions,
        store=store,
        text=text,
        registry=registry,
        key=key,
        boss=boss,
    )
