"""One round of the coordinator: for each connector, what is due; then retention."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import redis as redis_library

from exconn.connector import ConnectorError, ConnectorState, ConnectorStore
from exconn.contracts import Kind, Service
from exconn.coordinator.clock_watch import ClockWatch
from exconn.coordinator.held_actions import is_due, look_again
from exconn.coordinator.jobs import BY, insert_install, insert_sweep
from exconn.coordinator.retention import retire_settled
from exconn.coordinator.ring_again import reconcile
from exconn.coordinator.schedule import newest_slot
from exconn.coordinator.set_back import SetBackWatch
from exconn.doorbell import Bell, BellError
from exconn.ledger import Inserted, Ledger, LedgerError
from exconn.ledger.ledger import Ring
from exconn.logs import get_logger

if TYPE_CHECKING:
    import redis

log = get_logger(__name__)


@dataclass(kw_only=True)
class Coordinator:
    """What a round needs. `_done` only saves calls: the ledger's idempotency keys decide."""

    client: "redis.Redis"
    ledger: Ledger
    bell: Bell
    store: ConnectorStore
    set_back: SetBackWatch
    clock: ClockWatch = field(init=False)
    _done: set[tuple[str, str]] = field(default_factory=set)
    _looked: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = ClockWatch(self.ledger)

    def go_round(self) -> None:
        """One round. A connector that fails does not stop the others; a ledger out of reach ends the round."""
        self.clock.look(by=BY)
        now = self.ledger.time()
        states = self.store.states()
        self.set_back.look(states, by=BY)
        for state in states.values():
            try:
                self._serve(state, now)
            except (ConnectorError, ValueError) as exc:
                log.error("connector skipped", connector=state.name, error=type(exc).__name__, detail=str(exc))
        retire_settled(self.ledger, self.client)

    def _serve(self, state: ConnectorState, now: datetime) -> None:
        if state.state == "flagged":
            self._install(state)
        elif state.state == "installed":
            self._sweep(state, now)
        self._look_at_held_actions(state, now)
        reconcile(self.ledger, self.bell, state.name, by=BY)

    def _look_at_held_actions(self, state: ConnectorState, now: datetime) -> None:
        last = self._looked.get(state.name)
        if is_due(last, now):
            self._looked[state.name] = now
            look_again(self.ledger, state.name)

    def _install(self, state: ConnectorState) -> None:
        if (state.name, state.install_key) in self._done:
            return
        self._ring(insert_install(self.ledger, state), Kind.INSTALL, Service.DISCOVERY, state.name)
        self._done.add((state.name, state.install_key))

    def _sweep(self, state: ConnectorState, now: datetime) -> None:
        if state.installed_at is None:
            return
        slot = newest_slot(self.store.definition(state.name).discovery, installed_at=state.installed_at, now=now)
        if (state.name, slot.isoformat()) in self._done:
            return
        self._ring(insert_sweep(self.ledger, self.client, state, slot), Kind.SWEEP, Service.DISCOVERY, state.name)
        self._done = {(name, key) for name, key in self._done if name != state.name} | {(state.name, slot.isoformat())}

    def _ring(self, inserted: Inserted, kind: Kind, service: Service, connector: str) -> None:
        if not inserted.ring:
            return
        try:
            self.bell.ring(Ring(job_id=inserted.job_id, kind=kind, service=service, ring=inserted.ring), connector)
        except BellError as exc:
            log.warning("doorbell not rung", job=inserted.job_id, detail=str(exc))


def go_round_safely(coordinator: Coordinator) -> bool:
    """One round; False, with a log line, when the ledger did not answer."""
    try:
        coordinator.go_round()
    except (LedgerError, redis_library.RedisError) as exc:
        log.warning("round not finished", error=type(exc).__name__, detail=str(exc))
        return False
    return True
