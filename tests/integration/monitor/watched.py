"""A real ledger with its messages read into a read model, and a check of its actions whose clock the test has."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine, select

from exconn.ledger import Ledger
from exconn.monitor.database import open_database
from exconn.monitor.projector import Projector, ProjectorLease
from exconn.monitor.projector.clock import later_clock
from exconn.monitor.projector.job_check import STANDS_FOR, JobCheck
from exconn.monitor.tables import alarms, jobs
from tests.integration.monitor.problem_scenes import NO_WAIT
from tests.support.jobs.new_wipes import new_wipe
from tests.support.streams.status import StreamWriter

LONG = STANDS_FOR.total_seconds()


class Watched:
    """A ledger, and a check of it whose clock the test has."""

    def __init__(self, engine: Engine, client: redis.Redis, actions_key: Ed25519PublicKey | None = None) -> None:
        self.engine, self.client, self.ledger = engine, client, Ledger(client)
        self.writer = StreamWriter(client, "demo")
        self.ledger.resume("demo", by="test")
        self.now = 0.0
        self.check = JobCheck(engine, client, now=later_clock(client), clock=lambda: self.now)
        self.actions_key = actions_key
        self.restart()

    def restart(self) -> None:
        """The monitor starts anew."""
        self.projector = Projector(self.engine, self.client, ProjectorLease(self.client, "test"), self.actions_key)
        self.projector.open()

    def wipe(self, key: str = "one", device: str = "d1") -> str:
        """A wipe that is valid for an hour."""
        valid_until = self.ledger.time() + timedelta(hours=1)
        return self.ledger.insert(replace(new_wipe("demo", key, device=device), valid_until=valid_until)).job_id

    def project(self) -> None:
        """Read all messages."""
        while self.projector.step(idle_wait=NO_WAIT):
            pass

    def found(self, after: float) -> list[str]:
        """The findings after so many seconds, and that all messages are in the read model."""
        self.project()
        self.check.look()
        self.now += after
        self.check.look()
        with self.engine.connect() as connection:
            return list(connection.execute(select(alarms.c.name)).scalars())

    def texts(self) -> list[str]:
        """What the findings say."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(alarms.c.text)).scalars())

    def row(self, job: str) -> Mapping[str, Any]:
        """How a job is shown, once all messages are read."""
        self.project()
        with self.engine.connect() as connection:
            return dict(connection.execute(select(jobs).where(jobs.c.id == job)).mappings().one())


@contextmanager
def watching(client: redis.Redis, database: Path, actions_key: Ed25519PublicKey | None = None) -> Iterator[Watched]:
    """A ledger that is watched with a new read model."""
    engine = open_database(f"sqlite:///{database}")
    try:
        yield Watched(engine, client, actions_key)
    finally:
        engine.dispose()
