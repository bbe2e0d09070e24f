"""What each problem is looked for with: the read model, and the ledger as it is now."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from exconn.monitor.live import LiveLedger, LiveWorker
from exconn.monitor.projector import Role


@dataclass(frozen=True)
class ProblemSearch:
    """One look at everything. While the ledger is away, nothing is asked of it again."""

    connection: Connection
    live: LiveLedger
    role: Role
    now: datetime
    #: Whether this monitor has the key by which it sees who wrote what an action did.
    checks_records: bool = True

    @cached_property
    def known(self) -> Mapping[str, Mapping[str, Any]] | None:
        """What is known of each connector; None while the ledger is away."""
        return self.live.connectors()

    @property
    def ledger_answers(self) -> bool:
        """Whether the ledger can be asked."""
        return self.known is not None

    @property
    def connectors(self) -> Mapping[str, Mapping[str, Any]]:
        """Those that are not removed."""
        return {name: state for name, state in (self.known or {}).items() if state.get("state") != "removed"}

    @cached_property
    def workers(self) -> Iterable[LiveWorker]:
        """Every process that has shown a sign of life."""
        return (self.live.workers() or []) if self.ledger_answers else []

    @cached_property
    def paused(self) -> list[str]:
        """Connectors whose kill switch is on."""
        return [name for name in self.connectors if self.live.switch(name) == "paused"]

    def troubles_of(self, connector: str) -> frozenset[str]:
        """The codes of what keeps an account, a right or the connection of a connector from working now."""
        return frozenset(found.code for found in self.live.troubles(connector)) if self.ledger_answers else frozenset()

    @cached_property
    def registry(self) -> Mapping[str, str]:
        """What the ledger knows of the registry of requesters."""
        return self.live.registry() if self.ledger_answers else {}

    def installed(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Connectors that are installed."""
        return ((name, state) for name, state in self.connectors.items() if state.get("state") == "installed")
