"""A ledger, a simulator and the real handlers of actions in this process: the life of one, claim by claim."""

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exconn.actions.app import ACTIONS
from exconn.actions.context import Pauses
from exconn.actions.handler import ActionHandler
from exconn.actions.look import identity_of, look_at
from exconn.actions.wipe.pre_image import PreImage
from exconn.connector import ConnectorStore, parse_definition
from exconn.contracts import KINDS, Fingerprint, Kind, Request, action_payload, parse_envelope
from exconn.contracts.hold_text import asked_of, hold_text
from exconn.contracts.request import Audience, RequestKind, Target
from exconn.contracts.seen import seen_of_shown
from exconn.contracts.work import ActionPayload, Sweep, new_job_id
from exconn.demo.definition import SimulatorAddress, demo_definition
from exconn.doorbell import Decision, JobTask, Running
from exconn.inventory import ListedDevice, PagePlace, Register, device_fact, statistics_fact
from exconn.keyspace import keys
from exconn.ledger import Claim, Job, Ledger, Limits, NewJob, Outcome, State, Window
from exconn.sessions import Sessions
from exconn.signing import RegistryFile, SigningKey, new_signing_key, registry_text, sign
from exconn.signing.registry_in_force import RegistryInForce
from exconn.signing.registry_text import WIDE_OPEN
from exconn.signing.seal import seal
from exconn.stream import Number, StatusMessage
from tests.support.exchange.shown_devices import fingerprint_shown, shown
from tests.support.exchange.simulator import RunningSimulator
from tests.support.jobs.claims import claim_until
from tests.support.jobs.releases import release_of
from tests.support.requests.signed import DEPLOYMENT
from tests.support.streams.records import messages_of

if TYPE_CHECKING:
    import redis

CONNECTOR = "demo"
ORGANIZATION = "5eedf00d-0000-4000-8000-000000000000"
#: The domain controller that answers holds the phones of this domain, and actions name it; for others they name none.
SERVERS_DOMAIN = "corp.example"
#: Of a device that is not there.
UNSEEN = {"owner": "", "owner_address": "", "device_id": "", "device_type": "", "client": "unknown"}
QUICK = Pauses(
    missing=timedelta(milliseconds=300),
    settling=timedelta(milliseconds=500),
    between_reads=timedelta(milliseconds=200),
    silence=timedelta(seconds=1),
    unshown=timedelta(seconds=2),
)
WIDE = Limits(breaker=(Window(1000, timedelta(days=1)),), quota=(Window(1000, timedelta(days=1)),), fleet_floor=1000)

NO_ROOM = Limits(breaker=(Window(0, timedelta(hours=1)),), quota=(Window(0, timedelta(hours=1)),), fleet_floor=0)


@dataclass(kw_only=True)
class Wiping:
    """What a test of wipes needs. `task` runs one claim as a worker would."""

    client: "redis.Redis"
    simulator: RunningSimulator
    ledger: Ledger
    task: JobTask
    key: SigningKey
    sessions: Sessions
    store: ConnectorStore
    registry: Path
    register: Register
    handler: ActionHandler
    #: With what actions are sealed as intake would, if they are.
    intake_key: SigningKey | None = None
    used: set[str] = field(default_factory=set)
    #: Whose devices they are: a test looks at the lists of one owner for one device.
    owners: set[str] = field(default_factory=set)
    others: dict[str, SigningKey] = field(default_factory=dict)

    def request(
        self,
        guid: str,
        *,
        kind: Kind = Kind.WIPE,
        forged: bool = False,
        valid_for: timedelta = timedelta(hours=72),
        accepted_ago: timedelta = timedelta(0),
        known: Fingerprint | None = None,
        is_known: bool = True,
        seen: Mapping[str, str] | None = None,
        limits: Limits = WIDE,
    ) -> str:
        """Insert an accepted action, as intake does; its id. What is so now is known, if nothing else is said."""
        payload, request = self.payload(
            guid,
            kind=kind,
            forged=forged,
            valid_for=valid_for,
            accepted_ago=accepted_ago,
            known=known,
            is_known=is_known,
            seen=seen,
        )
        return self.insert(payload, nonce=request.nonce, valid_until=request.valid_until, limits=limits)

    def payload(
        self,
        guid: str,
        *,
        kind: Kind = Kind.WIPE,
        forged: bool = False,
        valid_for: timedelta = timedelta(hours=72),
        accepted_ago: timedelta = timedelta(0),
        known: Fingerprint | None = None,
        is_known: bool = True,
        seen: Mapping[str, str] | None = None,
    ) -> tuple[ActionPayload, Request]:
        """What intake would put into the ledger for a request of the operator, and that request."""
        now, nonce = self.ledger.time() - accepted_ago, secrets.token_urlsafe(18)
        seen = seen or (shown(self.simulator, guid) if is_known else UNSEEN)
        request = Request(
            kind=RequestKind(kind.value),
            audience=Audience(deployment=DEPLOYMENT, organization=ORGANIZATION),
            connector=CONNECTOR,
            target=Target(device=guid, seen=seen_of_shown(nonce, seen)),
            requester="operator",
            nonce=nonce,
            present_by=now + timedelta(minutes=5),
            valid_until=now + valid_for,
        )
        envelope = sign(request, self.key)
        if forged:
            other = base64.b64encode(secrets.token_bytes(64)).decode()
            envelope = envelope.model_copy(update={"signature": other})
        told = {"kind": kind, "device": guid, "envelope": envelope.model_dump_json(), "accepted_at": now}
        known_as = known or (fingerprint_shown(self.simulator, guid) if is_known else None)
        return action_payload(kind).model_validate(told | {"known": known_as}), request

    def discover(self, guid: str) -> None:
        """Enter the device into the register as Exchange shows it now, as a discovery would."""
        row = KINDS[Kind.SWEEP]
        number = int(self.client.incr(keys.sweep_number(CONNECTOR)))
        inserted = self.ledger.insert(
            NewJob(
                kind=Kind.SWEEP,
                connector=CONNECTOR,
                payload=Sweep(number=number).model_dump_json(),
                idempotency_key=f"sweep:{number}",
                service=row.service,
                checks=row.checks,
            )
        )
        claim = self.ledger.claim(inserted.job_id, "discovery")
        assert claim is not None
        place = PagePlace(connector=CONNECTOR, sweep=number, generation=self.ledger.restart_list(claim.lease))
        with self.sessions.open(CONNECTOR, "actions") as session:
            look = look_at(session, guid)
        listed = ListedDevice(fact=device_fact(look.device, mailbox=look.fingerprint.mailbox))
        self.register.fold_devices(claim.lease, place, [listed])
        self.register.fold_statistics(claim.lease, place, [statistics_fact(look.statistics)])
        self.ledger.settle(claim.lease, Outcome.SUCCEEDED)

    def known(self, guid: str) -> Fingerprint:
        """What the register knows of a device."""
        entry = self.register.look(CONNECTOR, guid)
        assert entry is not None
        return entry.fingerprint

    def insert(
        self,
        payload: ActionPayload,
        *,
        nonce: str,
        valid_until: datetime,
        connector: str = CONNECTOR,
        limits: Limits = WIDE,
    ) -> str:
        """Insert an action with that payload, as intake would or as a thief of the ledger could; its id."""
        row = KINDS[payload.kind]
        job = new_job_id(payload.kind)
        key = self.intake_key
        inserted = self.ledger.insert(
            NewJob(
                id=job,
                asked=asked_of(parse_envelope(payload.envelope).signed_bytes()),
                seal=seal(key, job=job, work=payload, limits=limits.encoded(), organization="") if key else "",
                kind=payload.kind,
                connector=connector,
                payload=payload.model_dump_json(),
                idempotency_key=nonce,
                service=row.service,
                checks=row.checks,
                device=payload.device,
                requester="operator",
                valid_until=valid_until,
                limits=limits,
                phase=row.life.first,
                revision=1,
            )
        )
        return inserted.job_id

    def release(self, action: str, *, shown: str = "") -> None:
        """Another requester, boss, releases it, for what it is held for if nothing else is said."""
        job = self.job(action)
        request = release_of(self.ledger, action, shown=shown or hold_text(job.reason, job.subject))
        grant = sign(request, self.boss()).model_dump_json()
        self.ledger.release(CONNECTOR, [action], release_id=request.nonce, by="boss", grant=grant)

    def boss(self) -> SigningKey:
        """The key of another requester, in the registry from now on."""
        if "boss" not in self.others:
            self.others["boss"] = self.requester("boss")
        return self.others["boss"]

    def requester(self, name: str, rights: str = 'role = "admin"') -> SigningKey:
        """The key of one more requester, who is in the registry now."""
        key = new_signing_key()
        told = f'\n[requesters.{name}]\nkeys = ["{key.public_text}"]\n{rights}\nconnectors = ["*"]\n'
        self.registry.write_text(self.registry.read_text() + told)
        return key

    def look(self, job_id: str, times: int = 1) -> Job:
        """Let the worker look at a job so many more times, whenever it is due; the job after that."""
        tries = self.job(job_id).tries
        return self.work(job_id, until=lambda job: job.tries >= tries + times and job.state is not State.CLAIMED)

    def held(self, action: str) -> Job:
        """Work until the action is held; the job then."""
        job = self.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))
        assert job.state is State.HELD, f"{action} has ended as {job.outcome}"
        return job

    def claim_elsewhere(self, job_id: str) -> Claim:
        """Another worker gets the job first."""
        self.ledger.retry(job_id, by="hurry")
        claim = self.ledger.claim(job_id, "another worker")
        assert claim is not None
        return claim

    def job(self, job_id: str) -> Job:
        """A job as it stands."""
        job = self.ledger.job(job_id)
        assert job is not None
        return job

    def told(self, job_id: str, number: Number) -> list[StatusMessage]:
        """The status messages of a job with that number, in order."""
        return [each for each in messages_of(self.client) if each.job == job_id and each.number == number]

    def a_day_passes(self) -> None:
        """The looks at held actions become due."""
        for job_id in self.client.zrange(keys.looks(CONNECTOR), 0, -1):
            self.client.zadd(keys.looks(CONNECTOR), {str(job_id): 1})

    def by_somebody_else(self, guid: str, *, cancel: bool = False) -> None:
        """A wipe that a person asks for in Exchange, or takes back there."""
        with self.sessions.open(CONNECTOR, "actions") as session:
            session.clear_device(identity_of(session, session.device(guid)), cancel=cancel)

    def work(self, job_id: str, *, until: Callable[[Job], bool], within: timedelta = timedelta(seconds=40)) -> Job:
        """Claim the job again and again, without waiting for its time, until it is as wanted."""
        return claim_until(self.ledger, job_id, self._claim, until=until, within=within)

    def stopped_by_begin(self, action: str, *, at_try: int = 1) -> Job:
        """The kill switch is turned on as a worker has a wipe, at that claim of it: it looks, and `begin` stops it."""

        def pausing(running: Running) -> Decision:
            if running.job.tries >= at_try:
                self.ledger.pause(CONNECTOR, by="boss")
            return self.handler(running)

        task = JobTask(self.ledger, {Kind.WIPE: pausing}, worker="worker", rings=lambda _ring, _connector: None)
        return claim_until(
            self.ledger,
            action,
            lambda job: self._claim(job, task),
            until=lambda job: job.wait == "switch",
            within=timedelta(seconds=40),
        )

    def hurry(self, job: Job) -> None:
        """One claim of a job, without waiting for its time."""
        if job.state is State.WAITING and job.wait == "time":
            self.ledger.retry(job.id, by="hurry")
        self._claim(job)

    def _claim(self, job: Job, task: JobTask | None = None) -> None:
        task = task or self.task
        for ring in self.ledger.doorbells_due(CONNECTOR):
            task(ring.job_id)
        if job.state is State.QUEUED and job.ring <= 1:
            task(job.id)

    def fresh_device(self, *, domain: str = "") -> str:
        """A phone in use, of that domain if one is given, that no test has touched yet, nor its owner's lists."""
        touched = {entry["identity_guid"] for entry in self.simulator.oracle(cmdlet="Clear-*")} | self.used
        for device in self.simulator.devices(limit=500):
            guid = str(device["guid"])
            plain = not str(device["device_type"]).startswith("Outlook") and device["online"]
            unlisted = device["enrolments"] == 1 and device["state_reason"] != "Individual"
            near = domain in ("", device["domain"])
            if plain and near and unlisted and guid not in touched and not self.edits(guid):
                owner = str(self.simulator.device(guid)["user"])
                if owner not in self.owners:
                    self.used.add(guid)
                    self.owners.add(owner)
                    return guid
        raise AssertionError("the simulator has no untouched phone left")

    def add_client(self, device_type: str, *, beside: str = "", domain: str = "", **fields: str) -> str:
        """A client that is set up now, of the owner of the phone `beside` or of one whom nobody has touched yet."""
        user = self.simulator.device(beside or self.fresh_device(domain=domain))["user"]
        added = self.simulator.control("POST", "/phones", {"user": user, "device_type": device_type, **fields})
        self.used.add(str(added["guid"]))
        return str(added["guid"])

    def lose_after_begin(self, action: str, guid: str, *, send: bool) -> None:
        """What a worker leaves that is killed right after `begin`, or right after the cmdlet: a lease that runs out."""
        with self.sessions.open(CONNECTOR, "actions") as session:
            look = look_at(session, guid)
            claim = self.ledger.claim(action, "lost worker")
            assert claim is not None
            self.ledger.begin(claim.lease, pre_image=PreImage.before(session, look).model_dump(mode="json"))
            if send:
                session.clear_device(look.identity)

    def lists(self, guid: str) -> tuple[list[str], list[str]]:
        """The ids that the device's owner allows and blocks by himself."""
        mailbox = self.simulator.control("GET", f"/mailboxes/{self.simulator.device(guid)['user']}")
        return mailbox["allowed"], mailbox["blocked"]

    def edits(self, guid: str) -> list[dict[str, Any]]:
        """What was sent, and done, to the personal lists of the device's owner."""
        mailbox = self.simulator.control("GET", f"/mailboxes/{self.simulator.device(guid)['user']}")["guid"]
        entries = self.simulator.oracle(cmdlet="Set-CASMailbox")
        return [each["sent"] for each in entries if each["sent"]["Identity"] == mailbox and each["outcome"] == "ok"]

    def is_pending(self, guid: str) -> bool:
        """Whether the simulator shows a wipe that waits for the phone."""
        wipe = self.simulator.device(guid)["wipe"]
        return wipe["requested"] is not None and wipe["acknowledged"] is None

    def close(self) -> None:
        """End the idle sessions."""
        self.sessions.close()

    def clears(self, guid: object) -> int:
        """How many wipes of that device Exchange has executed, by its own log."""
        entries = self.simulator.oracle(cmdlet="Clear-*")
        return len([entry for entry in entries if entry["identity_guid"] == guid and entry["outcome"] == "ok"])


def fingerprint_of(wiping: Wiping, guid: str) -> Fingerprint:
    """The fingerprint of a device as Exchange shows it now."""
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        return look_at(session, guid).fingerprint


def issued_to_a_phone_that_is_off(wiping: Wiping, *, domain: str = "") -> tuple[str, str]:
    """Device (of that domain, if one is given) and action: the wipe waits in Exchange; one look has seen it there."""
    guid = wiping.fresh_device(domain=domain)
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")
    wiping.look(action)
    return guid, action


def settled(job: Job) -> bool:
    """Whether a job has ended."""
    return job.state is State.SETTLED


def make_wiping(
    client: "redis.Redis",
    simulator: RunningSimulator,
    folder: Path,
    *,
    hosted: bool = False,
    deadline: str = "72h",
) -> Wiping:
    """Connector applied, installed, armed; kill switch running; one operator."""
    key = new_signing_key()
    registry = folder / "requesters.toml"
    registry.write_text(
        registry_text({"operator": key.public_text}, deployment=DEPLOYMENT, bounds=WIDE_OPEN), encoding="utf-8"
    )
    address = SimulatorAddress(
        url=simulator.url,
        control_url=simulator.control_url,
        ca_file=str(simulator.ca_file),
        accounts=simulator.accounts,
    )
    text = demo_definition(address).replace('first = "2s"', 'first = "1s"')
    text = text.replace('longest_pause = "10s"', 'longest_pause = "2s"')
    text = text.replace('deadline = "72h"', f'deadline = "{deadline}"')
    text = text.replace('unreported_after = "20s"', 'unreported_after = "1s"')
    # Nothing is held that a test does not want held.
    text = text.replace("count = 10,", "count = 1000,").replace("count = 50,", "count = 1000,")
    text = text.replace("fleet_percent = 100.0\n", "fleet_percent = 100.0\nfleet_floor = 1000\n")
    text = text.replace("per_hour = 100\n", "per_hour = 1000\n")
    if hosted:
        text = text.replace("[exchange]\n", "[exchange]\nhosted = true\n")
    store = ConnectorStore(client)
    store.apply(parse_definition(text), "operator")
    store.set_installed(CONNECTOR, ORGANIZATION, "test")
    store.arm(CONNECTOR, "actions", "test")
    ledger = Ledger(client, lease=timedelta(seconds=3))
    ledger.resume(CONNECTOR, by="operator")
    sessions = Sessions(client)
    registered = RegistryInForce(RegistryFile(registry), client)
    pool = client.connection_pool
    in_bytes = {**pool.connection_kwargs, "decode_responses": False}
    register = Register(type(client)(connection_pool=type(pool)(connection_class=pool.connection_class, **in_bytes)))
    handlers = {
        kind: ActionHandler(
            steps=steps, sessions=sessions, registry=registered, store=store, register=register, pauses=QUICK
        )
        for kind, steps in ACTIONS.items()
    }
    task = JobTask(ledger, handlers, worker="worker", rings=lambda _ring, _connector: None)
    return Wiping(
        client=client,
        simulator=simulator,
        ledger=ledger,
        task=task,
        key=key,
        sessions=sessions,
        store=store,
        registry=registry,
        register=register,
        handler=handlers[Kind.WIPE],
    )


def task_of(ledger: Ledger, handler: ActionHandler) -> JobTask:
    """What a worker runs at the doorbell of a wipe."""
    return JobTask(ledger, {Kind.WIPE: handler}, worker="worker", rings=lambda _ring, _connector: None)
