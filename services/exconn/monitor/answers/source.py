"""Where answers come from."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from exconn.monitor.live import LiveLedger
from exconn.monitor.projector import Role


@dataclass(frozen=True)
class Source:
    """The read model, the ledger as it is now, and what this process does about projection."""

    engine: Engine
    live: LiveLedger
    role: Callable[[], Role]

    def connect(self) -> Connection:
        """A connection that reads one consistent state; close it."""
        return self.engine.connect()
