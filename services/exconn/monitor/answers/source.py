"""Where answers come from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, Engine

from exconn.monitor.live import LiveLedger
from exconn.monitor.problems import ProblemList
from exconn.monitor.projector import Role


@dataclass(frozen=True)
class Source:
    """The read model, the ledger as it is now, and what this process does about projection."""

    engine: Engine
    live: LiveLedger
    role: Callable[[], Role]
    #: Whether records of actions are checked.
    checks_records: bool = True

    def connect(self) -> Connection:
        """A connection that reads one consistent state; close it."""
        return self.engine.connect()

    @cached_property
    def problems(self) -> ProblemList:
        """The one list of problems: everybody who asks gets the same."""
        return ProblemList(self.engine, self.live, self.role, checks_records=self.checks_records)
