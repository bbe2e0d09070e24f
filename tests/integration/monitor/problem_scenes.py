"""Makes each problem happen, as the system would: on a real ledger server, with a real projector."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine

from exconn.connector import ChangeKind, Difference, DifferenceCode, PendingChanges, pending_change
from exconn.contracts import Service
from exconn.doorbell.dead_letters import DeadLetters
from exconn.doorbell.message_check import Reason
from exconn.keyspace import connect, keys
from exconn.keyspace.ended_stream import HIGHEST
from exconn.ledger import Ledger, Mark
from exconn.monitor.live import LiveLedger
from exconn.monitor.problems import Problem, ProblemCode, find_problems
from exconn.monitor.projector import Projector, ProjectorLease, Role
from exconn.monitor.projector.alarms import raise_alarm
from exconn.monitor.projector.job_check import JobCheck
from exconn.signing import Registry, new_signing_key, parse_registry
from exconn.signing.errors import SupersededRegistryError
from exconn.signing.registry_text import WIDE_OPEN
from exconn.signing.registry_trace import RegistryTrace
from exconn.stream import Number
from tests.support.machine.valkey import free_port
from tests.support.requests.receiving import ANNA
from tests.support.requests.signed import registry_text
from tests.support.streams.status import StreamWriter, guid_of

NOW = datetime.now(UTC)
PROCESS = "host/7"
SOON = timedelta(milliseconds=200)
NO_WAIT = timedelta(milliseconds=1)


@dataclass
class Scene:
    """A system where all is well, until a test changes something."""

    engine: Engine
    client: redis.Redis
    writer: StreamWriter = field(init=False)
    live: LiveLedger = field(init=False)
    trace: RegistryTrace = field(init=False)
    #: With what the monitor checks records of actions.
    actions_key: Ed25519PublicKey | None = None
    checks_records: bool = True

    def __post_init__(self) -> None:
        self.writer = StreamWriter(self.client)
        self.live = LiveLedger(self.client)
        self.trace = RegistryTrace(self.client)
        self.register()
        self.client.set(keys.switch("contoso"), "running")
        self.client.set(keys.PROJECTOR_LEASE, "host/1 token")
        for service in set(Service) - {Service.MONITOR}:
            self.beat(service)
            self.client.set(keys.canary(f"{service}/{PROCESS}"), "1", px=keys.PROOF_KEPT)

    def register(self, **known: object) -> None:
        """What is known of the connector."""
        ago = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
        self.writer.register(**{"armed": ["actions", "policy"], "applied_at": ago, "installed_at": ago} | known)

    def beat(self, service: str, process: str = PROCESS, *, ago: timedelta = timedelta(0)) -> None:
        """A sign of life."""
        self.client.hset(keys.HEARTBEATS, f"{service}/{process}", str(ms_ago(ago)))

    def job(
        self,
        job: str,
        *,
        number: Number,
        state: str,
        phase: str = "",
        ago: timedelta = timedelta(0),
        **data: object,
    ) -> None:
        """A job that has come to `state`, and perhaps to a phase."""
        kind = job.rpartition("-")[0]
        self.writer.message(
            Number.JOB_QUEUED, job=job, kind=kind, state="queued", at_ms=ms_ago(ago), data={"service": "actions"}
        )
        if number is not Number.JOB_QUEUED:
            self.writer.message(number, job=job, kind=kind, state=state, phase=phase, at_ms=ms_ago(ago), data=data)

    def held(self, job: str, reason: str) -> None:
        """A job that waits for a person."""
        self.job(job, number=Number.JOB_HELD, state="held", reason=reason)

    def project(self) -> None:
        """Read all streams into the read model."""
        projector = Projector(self.engine, self.client, ProjectorLease(self.client, "test"), self.actions_key)
        projector.open()
        while projector.step(idle_wait=NO_WAIT):
            pass

    def problems(self) -> list[Problem]:
        """What a monitor finds now."""
        self.project()
        return self.found()

    def found(self) -> list[Problem]:
        """What a monitor finds that has read nothing since."""
        with self.engine.connect() as connection:
            return find_problems(connection, self.live, Role.ACTIVE, checks_records=self.checks_records)


def registry_of_revision(revision: int, *, bounds: str = "") -> Registry:
    """A registry of that revision."""
    return parse_registry(registry_text({"anna": ANNA}, revision=revision, bounds=bounds))


def ms_ago(ago: timedelta) -> int:
    return int((time.time() - ago.total_seconds()) * 1000)


Happening = Callable[[Scene], None]
HAPPENINGS: list[tuple[ProblemCode, Happening]] = []


def makes(code: ProblemCode) -> Callable[[Happening], Happening]:
    """Marks what makes a problem of that code."""

    def note(happening: Happening) -> Happening:
        HAPPENINGS.append((code, happening))
        return happening

    return note


@contextmanager
def memory_used(client: redis.Redis, percent: int) -> Iterator[None]:
    """The server's memory is used up to about that part."""
    client.config_set("maxmemory", client.info("memory")["used_memory"] * 100 // percent)
    try:
        yield
    finally:
        client.config_set("maxmemory", 0)


@makes(ProblemCode.LEDGER_UNREACHABLE)
def ledger_is_away(scene: Scene) -> None:
    scene.project()
    scene.live = LiveLedger(connect(f"redis://127.0.0.1:{free_port()}/0", name="test", answer_within=SOON))
    scene.project = lambda: None  # type: ignore[method-assign]


@makes(ProblemCode.LEDGER_UNREADABLE)
def somebody_writes_a_trouble_that_is_none(scene: Scene) -> None:
    scene.client.hset(keys.troubles("contoso"), "connection", "no JSON")


@makes(ProblemCode.LEDGER_SET_BACK)
def ledger_was_set_back(scene: Scene) -> None:
    Ledger(scene.client).look_back(["contoso"], known=Mark(20), by="coordinator")


@makes(ProblemCode.LEDGER_SET_BACK)
def status_stream_ends_before_what_was_recorded(scene: Scene) -> None:
    scene.writer.message(Number.INSTALLED)
    scene.project()
    scene.client.delete(keys.STATUS)


@makes(ProblemCode.LEDGER_SET_BACK)
def a_number_comes_again(scene: Scene) -> None:
    scene.writer.message(Number.INSTALLED)
    scene.client.set(keys.SEQUENCE, 0)
    scene.writer.message(Number.INSTALLED)


@makes(ProblemCode.LEDGER_SET_BACK)
def records_are_lost(scene: Scene) -> None:
    scene.writer.message(Number.LEDGER_RECORDS_LOST, data={"known": 20})
    Ledger(scene.client).pause("contoso", by="coordinator")


@makes(ProblemCode.LEDGER_TAKEN_OVER)
def a_replica_takes_over(scene: Scene) -> None:
    scene.writer.message(Number.LEDGER_TAKEN_OVER)


@makes(ProblemCode.CLOCK_STEPPED)
def somebody_sets_the_clock(scene: Scene) -> None:
    scene.writer.message(Number.CLOCK_STEPPED, data={"direction": "back", "seconds": 3600})


@makes(ProblemCode.RECORDS_MISSING)
def a_number_is_missing(scene: Scene) -> None:
    scene.writer.message(Number.INSTALLED)
    scene.client.incr(keys.SEQUENCE)
    scene.writer.message(Number.INSTALLED)


@makes(ProblemCode.HISTORY_MISSING)
def another_database_has_the_messages(scene: Scene) -> None:
    scene.client.set(keys.CONFIRMED_SEQUENCE, 7)


@makes(ProblemCode.RECORD_NOT_SIGNED)
def somebody_writes_that_a_wipe_was_acknowledged(scene: Scene) -> None:
    scene.actions_key = new_signing_key().private.public_key()
    scene.job(
        "wipe-forged", number=Number.WIPE_ACKNOWLEDGED, state="settled", phase="acknowledged", outcome="succeeded"
    )
    scene.project()
    scene.actions_key = None


@makes(ProblemCode.JOB_DIFFERS)
def an_open_wipe_is_not_in_the_ledger_any_more(scene: Scene) -> None:
    scene.job("wipe-vanished", number=Number.JOB_QUEUED, state="queued", phase="accepted")
    scene.project()
    times = iter((0.0, 60.0))
    check = JobCheck(scene.engine, scene.client, now=lambda: datetime.now(UTC), clock=lambda: next(times))
    check.look()
    check.look()


@makes(ProblemCode.RECORDS_UNCHECKED)
def monitor_has_no_key_of_device_actions(scene: Scene) -> None:
    scene.checks_records = False


@makes(ProblemCode.STREAM_ALARM)
def projector_raises_an_alarm_without_a_code(scene: Scene) -> None:
    with scene.engine.begin() as connection:
        raise_alarm(connection, "odd", keys.STATUS, at=NOW, text="something is odd", remedy="look")


@makes(ProblemCode.NO_PROJECTOR)
def nobody_projects(scene: Scene) -> None:
    scene.client.delete(keys.PROJECTOR_LEASE)


@makes(ProblemCode.PROJECTOR_BEHIND)
def projector_lags(scene: Scene) -> None:
    scene.project()
    scene.client.xadd(keys.STATUS, {"v": "1"}, id=f"{ms_ago(timedelta(minutes=2))}-0")
    scene.project = lambda: None  # type: ignore[method-assign]


@makes(ProblemCode.SERVICE_MISSING)
def no_device_action_worker_runs(scene: Scene) -> None:
    scene.beat("actions", ago=timedelta(minutes=2))


@makes(ProblemCode.PROCESS_SILENT)
def one_of_two_workers_is_silent(scene: Scene) -> None:
    scene.beat("actions", "host/8", ago=timedelta(minutes=2))


@makes(ProblemCode.BOUNDS_NOT_SET)
def a_worker_has_no_bounds(scene: Scene) -> None:
    scene.client.hset(keys.HEARTBEATS, f"policy/{PROCESS}", f"{ms_ago(timedelta(0))} EXCONN_EXCHANGE_HOSTS <b>")


@makes(ProblemCode.DOORBELLS_UNHEARD)
def a_worker_hears_no_doorbell(scene: Scene) -> None:
    scene.client.pexpire(keys.canary(f"policy/{PROCESS}"), keys.PROOF_KEPT - timedelta(minutes=1))


@makes(ProblemCode.DOORBELLS_UNHEARD)
def a_worker_never_heard_a_doorbell(scene: Scene) -> None:
    scene.client.delete(keys.canary(f"policy/{PROCESS}"))


@makes(ProblemCode.WORK_WAITS)
def nobody_takes_a_wipe(scene: Scene) -> None:
    scene.job("wipe-untaken", number=Number.JOB_QUEUED, state="queued", ago=timedelta(minutes=6))


def trouble(scene: Scene, name: str, **fields: object) -> None:
    told = {
        "said": "jdoe: no",
        "since": str(ms_ago(timedelta(minutes=9))),
        "failures": "2",
        "next": str(ms_ago(timedelta())),
    } | fields
    scene.client.hset(keys.troubles("contoso"), name, json.dumps(told))


@makes(ProblemCode.ACCOUNT_REFUSED)
def a_password_is_refused(scene: Scene) -> None:
    trouble(scene, "account:svc", code="account_refused", account="svc")


@makes(ProblemCode.RIGHT_MISSING)
def a_right_is_missing(scene: Scene) -> None:
    trouble(scene, "right:svc:Get-X", code="cmdlet_missing", account="svc", cmdlet="Get-X")


@makes(ProblemCode.RIGHT_MISSING)
def a_parameter_is_missing(scene: Scene) -> None:
    trouble(scene, "right:svc:Get-X:Y", code="parameter_missing", account="svc", cmdlet="Get-X", parameter="Y")


@makes(ProblemCode.CONNECTION_REFUSED)
def a_certificate_is_not_trusted(scene: Scene) -> None:
    trouble(scene, "connection", code="untrusted_certificate")


@makes(ProblemCode.CONNECTOR_DIFFERS)
def somebody_writes_another_organization_into_the_state(scene: Scene) -> None:
    scene.client.hset(keys.revisions("contoso"), mapping={"newest": "1", "organization": guid_of(1)})
    scene.register(organization=guid_of(2))


@makes(ProblemCode.CONNECTOR_DIFFERS)
def somebody_writes_the_state_of_another_connector(scene: Scene) -> None:
    scene.register(name="fabrikam")


@makes(ProblemCode.CONNECTOR_NOT_INSTALLED)
def a_connector_waits_for_its_installation(scene: Scene) -> None:
    scene.register(state="flagged")


@makes(ProblemCode.CONNECTOR_NOT_INSTALLED)
def an_installation_fails(scene: Scene) -> None:
    scene.register(state="flagged", applied_at=datetime.now(UTC).isoformat(), last_error="no answer")


@makes(ProblemCode.RELEASE_WANTED)
def the_breaker_holds_a_wipe(scene: Scene) -> None:
    scene.held("wipe-braked", "breaker")


@makes(ProblemCode.RELEASE_WANTED)
def a_dangerous_change_waits_for_a_second_person(scene: Scene) -> None:
    scene.held("policy-apply-a", "second_person")


@makes(ProblemCode.ACTIONS_UNDELIVERED)
def a_phone_does_not_come(scene: Scene) -> None:
    scene.job("wipe-undelivered", number=Number.WIPE_OVERDUE, state="held", reason="undelivered")


@makes(ProblemCode.ACTIONS_HELD)
def a_wipe_is_held(scene: Scene) -> None:
    scene.held("wipe-held", "partnership_differs")


@makes(ProblemCode.ACTIONS_DELAYED)
def exchange_does_not_answer_a_wipe_for_long(scene: Scene) -> None:
    scene.job("wipe-slow", number=Number.JOB_WAITING, state="waiting", reason="transient", ago=timedelta(minutes=16))


@makes(ProblemCode.WORKER_KILLED)
def a_job_kills_its_workers(scene: Scene) -> None:
    scene.held("partition-a", "kills_its_worker")


@makes(ProblemCode.KILL_SWITCH_ON)
def somebody_pauses(scene: Scene) -> None:
    Ledger(scene.client).pause("contoso", by="ann")


@makes(ProblemCode.CHANGE_PENDING)
def somebody_moves_an_address(scene: Scene) -> None:
    moved = Difference(field="exchange.url", old="a", new="b", why=DifferenceCode.MOVES_ADDRESS)
    asked = partial(pending_change, ChangeKind.DEFINITION, connector="contoso", by="ann", nonce="n", at=NOW)
    PendingChanges(scene.client).propose(asked(differences=[moved], content="{}"))


@makes(ProblemCode.JOBS_HELD)
def a_policy_run_is_held(scene: Scene) -> None:
    scene.held("policy-plan-a", "no_default_policy")


@makes(ProblemCode.REGISTRY_WIDER_THAN_FACTORY)
def a_registry_opens_the_bounds(scene: Scene) -> None:
    scene.trace.count(registry_of_revision(1, bounds=WIDE_OPEN), by="intake")


@makes(ProblemCode.REGISTRY_REFUSED)
def an_old_registry_is_put_back(scene: Scene) -> None:
    scene.trace.count(registry_of_revision(2), by="intake")
    with pytest.raises(SupersededRegistryError):
        scene.trace.count(registry_of_revision(1), by="intake")


@makes(ProblemCode.WORKERS_LOST)
def workers_are_lost(scene: Scene) -> None:
    for number in range(3):
        scene.job(f"wipe-{number}", number=Number.WORKER_LOST, state="queued")


@makes(ProblemCode.EXCHANGE_FAILS)
def exchange_refuses_a_cmdlet(scene: Scene) -> None:
    scene.writer.message(Number.CMDLET_FAILED, data={"cmdlet": "Get-X"})


@makes(ProblemCode.EXCHANGE_FAILS)
def no_session_can_be_opened(scene: Scene) -> None:
    scene.writer.message(Number.RUNSPACE_FAILED, data={"site_name": "Default"})


@makes(ProblemCode.SWEEP_FAILED)
def a_sweep_fails(scene: Scene) -> None:
    scene.job("sweep-a", number=Number.JOB_FAILED, state="settled", outcome="failed", reason="register_full")


@makes(ProblemCode.READING_INCOMPLETE)
def a_sweep_lacks_something(scene: Scene) -> None:
    gaps = {"unread_mailboxes": 2, "kinds": {"MapiException": 2}}
    fact = {
        "sweep": 1,
        "devices": 2,
        "owners": 1,
        "started_at": "2026-11-20T08:00:00Z",
        "complete": False,
        "gaps": gaps,
    }
    scene.writer.page("finalise", [fact])


@makes(ProblemCode.SWEEP_OVERDUE)
def no_sweep_ends(scene: Scene) -> None:
    scene.register(installed_at=(datetime.now(UTC) - timedelta(hours=49)).isoformat())


@makes(ProblemCode.DEAD_LETTERS)
def somebody_pushes_rubbish(scene: Scene) -> None:
    DeadLetters(scene.client, "actions").put("exconn.actions.contoso", Reason.NOT_JSON, b"x")


@makes(ProblemCode.RECORDS_PUT_ASIDE)
def a_record_cannot_be_read(scene: Scene) -> None:
    scene.writer.raw_message({"v": "1", "seq": str(scene.client.incr(keys.SEQUENCE))})


@makes(ProblemCode.NEWER_RECORDS)
def a_newer_version_writes(scene: Scene) -> None:
    scene.writer.raw_message({"v": "9", "seq": str(scene.client.incr(keys.SEQUENCE))})


@makes(ProblemCode.STREAM_ENDED)
def somebody_ends_the_stream_of_facts(scene: Scene) -> None:
    scene.client.xadd(keys.facts("contoso"), {"v": "1"}, id=HIGHEST)
