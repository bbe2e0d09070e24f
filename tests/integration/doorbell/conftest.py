"""A Valkey of this test alone, its ledger and its queues, and real worker processes."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from exconn.contracts import Kind, Service
from exconn.contracts.work import Echo
from exconn.doorbell import Bell
from exconn.keyspace import connect, keys
from exconn.ledger import Job, Ledger, NewJob, Ring, State
from tests.support.machine.processes import ChildProcess, ChildProcesses, wait_until
from tests.support.machine.valkey import RestartableValkey

LEASE = timedelta(seconds=2)
WITHIN = timedelta(seconds=30)


class System:
    """What the tests of real workers need: inserts, rings, starts and looks."""

    def __init__(self, server: RestartableValkey, processes: ChildProcesses) -> None:
        self.server = server
        self.processes = processes
        self.client = connect(server.url)
        self.broker = connect(server.url, text=False)
        self.ledger = Ledger(self.client, lease=LEASE, ring_again=timedelta(seconds=1))
        self.bell = Bell(self.broker)

    def connector(self, name: str, *, state: str = "installed") -> None:
        self.client.hset(keys.CONNECTORS, name, json.dumps({"name": name, "state": state}))

    def worker(
        self, *, service: Service = Service.DISCOVERY, pool: str = "prefork", ready: bool = True, **env: str
    ) -> ChildProcess:
        child = self.processes.start(
            service.value,
            "-m",
            "tests.support.system.echo_worker",
            service.value,
            env={
                "EXCONN_BROKER_URL": self.server.url,
                "EXCONN_LEDGER_URL": self.server.url,
                "EXCONN_LEDGER_DURABILITY": "volatile",
                "EXCONN_LEASE": f"{LEASE.total_seconds():g}s",
                "EXCONN_WORKER_POOL": pool,
                "EXCONN_WORKER_CONCURRENCY": "1",
            }
            | env,
        )
        if ready:
            child.wait_until(lambda: f"{service.value}.{child.pid}@" in child.log.read_text(), WITHIN, "being ready")
        return child

    def insert(self, text: str = "", *, connector: str = "one", service: Service = Service.DISCOVERY) -> Ring:
        """An echo job; the ring that its insert asks for."""
        inserted = self.ledger.insert(
            NewJob(
                kind=Kind.ECHO,
                connector=connector,
                service=service,
                payload=Echo(text=text).model_dump_json(),
                idempotency_key=uuid.uuid4().hex,
            )
        )
        return Ring(job_id=inserted.job_id, kind=Kind.ECHO, service=service, ring=inserted.ring)

    def echo(self, text: str = "", *, connector: str = "one", service: Service = Service.DISCOVERY) -> str:
        """An echo job, rung; its id."""
        ring = self.insert(text, connector=connector, service=service)
        self.bell.ring(ring, connector)
        return ring.job_id

    def job(self, job_id: str) -> Job:
        found = self.ledger.job(job_id)
        assert found is not None
        return found

    def settled(self, job_id: str, *, within: timedelta = WITHIN) -> Job:
        return self.reaches(job_id, State.SETTLED, within=within)

    def reaches(self, job_id: str, state: State, *, within: timedelta = WITHIN) -> Job:
        wait_until(lambda: self.job(job_id).state is state, within, f"{job_id} to be {state}", logs=self.processes.logs)
        return self.job(job_id)

    def reconciled(self, job_id: str, *, connector: str = "one", within: timedelta = WITHIN) -> Job:
        """As `settled`, while ringing what is overdue, as the coordinator does."""

        def ring_and_look() -> bool:
            self.bell.ring_all(self.ledger.doorbells_due(connector), connector)
            return self.job(job_id).state is State.SETTLED

        wait_until(ring_and_look, within, f"{job_id} to settle", logs=self.processes.logs)
        return self.job(job_id)


@pytest.fixture
def system(restartable_valkey: RestartableValkey, processes: ChildProcesses) -> Iterator[System]:
    """One connector `one`, no worker yet."""
    found = System(restartable_valkey, processes)
    found.connector("one")
    yield found
    found.client.close()
    found.broker.close()
