"""A connector to a simulated Exchange, its ledger, and real discovery workers that may be killed."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from exconn.connector import ConnectorStore, parse_definition
from exconn.contracts import FACT_OF, KINDS, Fact, FactsType, Kind
from exconn.contracts.work import Install, Sweep
from exconn.doorbell import Bell
from exconn.inventory import Register, RegisterEntry
from exconn.keyspace import connect, keys
from exconn.ledger import Job, Ledger, NewJob, State
from exconn.stream import StatusMessage
from tests.support.exchange.simulator import RunningSimulator
from tests.support.machine.processes import ChildProcess, ChildProcesses, wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.records import messages_of, records_of

CONNECTOR = "contoso"
LEASE = timedelta(seconds=2)
WITHIN = timedelta(seconds=60)
#: Users of Exchange's own tests, whose partnerships are nobody's phones.
PROBES = ("HealthMailbox", "CAS_", "extest_")


class Scene:
    """Applies, inserts, rings as the coordinator does, and looks."""

    def __init__(self, server: RestartableValkey, simulator: RunningSimulator, processes: ChildProcesses) -> None:
        self.server = server
        self.simulator = simulator
        self.processes = processes
        self.client = connect(server.url)
        self.raw = connect(server.url, text=False)
        self.ledger = Ledger(self.client, lease=LEASE, ring_again=timedelta(seconds=1))
        self.register = Register(self.raw)
        self.store = ConnectorStore(self.client)
        self.bell = Bell(self.raw)

    def apply(
        self, *, url: str | None = None, ca_file: str | None = None, hosted: bool = False, domains: Sequence[str] = ()
    ) -> None:
        """Apply a definition of the simulator, of another address, or of a certificate that is not trusted."""
        account = self.simulator.accounts["discovery"]
        text = f"""
name = "{CONNECTOR}"
[exchange]
url = "{url or self.simulator.url}"
auth = "basic"
hosted = {json.dumps(hosted)}
domains = {json.dumps(list(domains))}
{f'ca_file = "{ca_file or self.simulator.ca_file}"'}
[accounts.discovery]
username = {json.dumps(account["username"])}
password_file = {json.dumps(account["password_file"])}
"""
        self.store.apply(parse_definition(text), by="test")

    def worker(self, *, concurrency: int = 2, **env: str) -> ChildProcess:
        """A discovery worker that hears doorbells."""
        given = {
            "EXCONN_BROKER_URL": self.server.url,
            "EXCONN_LEDGER_URL": self.server.url,
            "EXCONN_LEDGER_DURABILITY": "volatile",
            "EXCONN_LEASE": f"{LEASE.total_seconds():g}s",
            "EXCONN_WORKER_CONCURRENCY": str(concurrency),
        }
        child = self.processes.start("discovery", "-m", "exconn.discovery", env=given | env)
        child.wait_until(lambda: f"discovery.{child.pid}@" in child.log.read_text(), WITHIN, "being ready")
        return child

    def install(self) -> str:
        """The install job of the present definition."""
        return self._insert(Kind.INSTALL, Install().model_dump_json(), self.store.get(CONNECTOR).install_key)

    def sweep(self) -> str:
        """A new full sweep."""
        number = int(self.client.incr(keys.sweep_number(CONNECTOR)))
        return self._insert(Kind.SWEEP, Sweep(number=number).model_dump_json(), f"sweep-{number}")

    def installed_and_swept(self) -> str:
        """Install and sweep to the end; the sweep."""
        self.settled(self.install())
        sweep = self.sweep()
        self.settled(sweep)
        return sweep

    def _insert(self, kind: Kind, payload: str, key: str) -> str:
        row = KINDS[kind]
        new = NewJob(
            kind=kind, connector=CONNECTOR, payload=payload, idempotency_key=key, service=row.service, checks=row.checks
        )
        return self.ledger.insert(new).job_id

    def ring(self) -> None:
        """What the coordinator does every second."""
        for ring in self.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 6}):
            self.bell.ring(ring, CONNECTOR)

    def settled(self, job_id: str, *, within: timedelta = WITHIN) -> Job:
        """The job, once it has succeeded."""
        job = self.reached(job_id, State.SETTLED, within=within)
        assert job.outcome == "succeeded", job
        return job

    def reached(self, job_id: str, state: State, *, within: timedelta = WITHIN) -> Job:
        """The job, once it is in that state; doorbells are rung meanwhile."""

        def looked() -> Job | None:
            self.ring()
            job = self.job(job_id)
            return job if job.state is state else None

        found = wait_until(looked, within, f"{job_id} to be {state}", logs=self.processes.logs)
        assert found is not None
        return found

    def job(self, job_id: str) -> Job:
        found = self.ledger.job(job_id)
        assert found is not None
        return found

    def messages(self, job_id: str = "") -> list[StatusMessage]:
        """The status messages, of one job or of all."""
        found = messages_of(self.client)
        return [message for message in found if message.job == job_id or not job_id]

    def pages(self, kind: FactsType) -> list[list[Fact]]:
        """The pages of one type on the facts stream, read as a reader would."""
        records = [fields for _, fields in records_of(self.client, keys.facts(CONNECTOR))]
        model = FACT_OF[kind]
        return [
            [model.model_validate(fact) for fact in json.loads(record["page"])]
            for record in records
            if record["type"] == kind
        ]

    def facts(self, kind: FactsType) -> list[Any]:
        return [fact for page in self.pages(kind) for fact in page]

    def devices(self) -> dict[str, dict[str, Any]]:
        """What the simulator has, without the probes of Exchange's own tests."""
        found = self.simulator.devices(limit=10_000)
        return {str(device["guid"]): device for device in found if not device["user"].startswith(PROBES)}

    def owned(self) -> set[str]:
        """Those that somebody can be asked about: a deleted mailbox has left its phones in the directory."""
        return {guid for guid, device in self.devices().items() if device["owner_kind"] != "soft_deleted"}

    def has_unreadable_objects(self) -> bool:
        """Whether error records come among the objects of each list, as in an organization that has grown for years."""
        return bool(self.simulator.control("GET", "/organization")["estate"] != "tidy")

    def entries(self) -> dict[str, RegisterEntry | None]:
        """What the register knows of the simulator's devices."""
        guids = list(self.devices())
        return dict(zip(guids, self.register.look_up(CONNECTOR, guids), strict=True))

    def registered(self) -> int:
        """How many devices the register holds in all."""
        names = list(self.client.scan_iter(f"exconn:register:{CONNECTOR}:d*", count=1000))
        return sum(len([field for field in self.raw.hkeys(name) if len(field) == 15]) for name in names)

    def close(self) -> None:
        self.client.close()
        self.raw.close()
