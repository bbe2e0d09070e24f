"""One round of the coordinator: for each connector, what is due; then retention; then what is to be put in.

Putting in comes last, because a ledger that is full refuses it and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import redis as redis_library

from exconn.connector import ConnectorError, ConnectorState, ConnectorStore, states_in
from exconn.contracts import Kind, Service
from exconn.contracts.work import FULL_SWEEPS
from exconn.coordinator.clock_watch import ClockWatch
from exconn.coordinator.jobs import BY, insert_install, insert_sweep
from exconn.coordinator.retention import retire_settled
from exconn.coordinator.ring_again import QueueShare, Rounds
from exconn.coordinator.schedule import newest_slot
from exconn.coordinator.set_back import SetBackWatch
from exconn.doorbell import Bell
from exconn.keyspace.written import MALFORMED
from exconn.ledger import (
    AccountTroubles,
    Inserted,
    Ledger,
    LedgerError,
    LedgerOutOfReachError,
    OpenActionError,
    Ring,
)
from exconn.logs import get_logger
from exconn.stream import Number

if TYPE_CHECKING:
    import redis

log = get_logger(__name__)

#: The ledger did not answer: nobody's step would go better.
_OUT_OF_REACH = (LedgerOutOfReachError, redis_library.ConnectionError, redis_library.TimeoutError)
#: What one connector's step may fail with, also by a value that is not as services write it.
_FAILED = (ConnectorError, LedgerError, redis_library.RedisError, *MALFORMED)


def _nothing() -> None:
    return None


@dataclass(kw_only=True)
class Coordinator:
    """What a round needs. What it remembers only saves calls: the ledger's keys decide.

    `beat` says that rounds are gone; it is called between the steps of a round too.
    """

    client: "redis.Redis"
    ledger: Ledger
    bell: Bell
    store: ConnectorStore
    set_back: SetBackWatch
    beat: Callable[[], None] = _nothing
    clock: ClockWatch = field(init=False)
    _done: set[tuple[str, str]] = field(default_factory=set)
    _seats: dict[str, tuple[int, datetime, QueueShare]] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)
    _troubles: AccountTroubles = field(init=False)

    def __post_init__(self) -> None:
        self.clock = ClockWatch(self.ledger)
        self._troubles = AccountTroubles(self.client)

    def go_round(self) -> None:
        """One round. A connector that fails does not stop the others; a ledger out of reach ends the round."""
        self.clock.look(by=BY)
        now = self.ledger.time()
        self.beat()
        known = self.store.known()
        self.set_back.look([name for name, each in known.items() if each.state is not None], by=BY)
        states = states_in(known)
        rounds = Rounds(self.ledger, self.bell, BY)
        for state in states.values():
            self._step("woken", state.name, partial(self._wake, state))
            self._step("rung", state.name, partial(self._reconcile, state, rounds))
            self.beat()
        self._step("retired", "", partial(retire_settled, self.ledger, self.client))
        for state in states.values():
            self._step("put in", state.name, partial(self._insert, state, now, rounds))

    @staticmethod
    def _step(word: str, connector: str, step: Callable[[], object]) -> None:
        try:
            step()
        except _OUT_OF_REACH:
            raise
        except _FAILED as exc:
            log.error(f"nothing {word}", connector=connector, error=type(exc).__name__, detail=str(exc))

    def _reconcile(self, state: ConnectorState, rounds: Rounds) -> None:
        if state.state == "removed":
            # Nobody hears the doorbells of a connector that is gone.
            self.ledger.clear_removed(state.name, by=BY)
            return
        rounds.reconcile(state.name, self._seats_of(state))

    def _wake(self, state: ConnectorState) -> None:
        if state.state != "removed":
            self._troubles.wake(state.name, by=BY)

    def _seats_of(self, state: ConnectorState) -> QueueShare:
        """As the newest definition says; a definition that cannot be read takes no doorbell from anybody."""
        known = self._seats.get(state.name)
        # The number alone says too little: on a server that was set back it comes again, with another definition.
        if known is not None and known[:2] == (state.revision, state.applied_at):
            return known[2]
        try:
            definition = self.store.newest_definition(state)
            total, for_actions = definition.seats.of(hosted=definition.exchange.hosted)
        except (ConnectorError, *MALFORMED) as exc:
            log.error("seats not known", connector=state.name, error=type(exc).__name__, detail=str(exc))
            return QueueShare() if known is None else known[2]
        seats = QueueShare(total=total, for_actions=for_actions)
        self._seats[state.name] = (state.revision, state.applied_at, seats)
        return seats

    def _insert(self, state: ConnectorState, now: datetime, rounds: Rounds) -> None:
        try:
            if state.state == "flagged":
                self._install(state, rounds)
            elif state.state == "installed":
                self._sweep(state, now, rounds)
        except _OUT_OF_REACH:
            raise
        except (LedgerError, redis_library.RedisError) as exc:
            self._refuse(state.name, exc)
        else:
            self._refused.discard(state.name)

    def _refuse(self, connector: str, error: Exception) -> None:
        """Say once that nothing can be put in; every round tries again."""
        if connector in self._refused:
            return
        log.error("nothing put in", connector=connector, error=type(error).__name__, detail=str(error))
        self.ledger.announce(
            Number.NOT_PUT_IN, connector=connector, by=BY, data={"error": type(error).__name__, "said": str(error)}
        )
        self._refused.add(connector)

    def _install(self, state: ConnectorState, rounds: Rounds) -> None:
        if (state.name, state.install_key) in self._done:
            return
        self._ring(insert_install(self.ledger, state), Kind.INSTALL, state.name, rounds)
        self._done.add((state.name, state.install_key))

    def _sweep(self, state: ConnectorState, now: datetime, rounds: Rounds) -> None:
        if state.installed_at is None:
            return
        slot = newest_slot(self.store.definition(state.name).discovery, installed_at=state.installed_at, now=now)
        if (state.name, slot.isoformat()) in self._done:
            return
        # While a sweep is open no slot uses up its key: the newest one is put in when the sweep has ended.
        if self.ledger.open_of(state.name, FULL_SWEEPS) is not None:
            return
        try:
            inserted = insert_sweep(self.ledger, self.client, state, slot)
        except OpenActionError:
            return
        self._ring(inserted, Kind.SWEEP, state.name, rounds)
        self._done = {(name, key) for name, key in self._done if name != state.name} | {(state.name, slot.isoformat())}

    @staticmethod
    def _ring(inserted: Inserted, kind: Kind, connector: str, rounds: Rounds) -> None:
        if inserted.ring:
            ring = Ring(job_id=inserted.job_id, kind=kind, service=Service.DISCOVERY, ring=inserted.ring)
            rounds.ring([ring], connector)


def go_round_safely(coordinator: Coordinator) -> bool:
    """One round; False, with a log line, when the ledger did not answer."""
    try:
        coordinator.go_round()
    except (LedgerError, redis_library.RedisError) as exc:
        log.warning("round not finished", error=type(exc).__name__, detail=str(exc))
        return False
    return True
