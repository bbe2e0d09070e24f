"""The projector's loop: take the lease, read, commit, confirm, trim; wait and try again when a server is away."""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import cast

import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from exconn.contracts import is_name
from exconn.keyspace import keys
from exconn.ledger.acknowledged_findings import AcknowledgedFindings
from exconn.logs import get_logger
from exconn.monitor.audit.adopt import adopt_messages
from exconn.monitor.errors import ProjectorLeaseLostError
from exconn.monitor.projector.alarms import clear_alarm
from exconn.monitor.projector.clock import later_clock
from exconn.monitor.projector.commit import Position, commit_records, open_position, stored_positions
from exconn.monitor.projector.continuity import Continuity
from exconn.monitor.projector.facts import before_newer, store_facts
from exconn.monitor.projector.findings import keep_finding
from exconn.monitor.projector.job_check import JobCheck
from exconn.monitor.projector.lease import ProjectorLease
from exconn.monitor.projector.newer import ALARM, alarm_newer, take_back
from exconn.monitor.projector.same_message import highest_sequence
from exconn.monitor.projector.sequence import history_missing, stored_sequence
from exconn.monitor.projector.start_again import start_again
from exconn.monitor.projector.status import MessageChecks, store_late, store_status
from exconn.stream import Cursor, read_after
from exconn.stream.reader import Record

logger = get_logger(__name__)

#: One transaction of status messages: small enough to end well within the lease.
STATUS_BATCH = 500
#: Pages hold hundreds of facts each, so few of them fill a transaction.
FACTS_BATCH = 10
NOW = timedelta(milliseconds=1)
IDLE_WAIT = timedelta(milliseconds=500)
RETRY_AFTER = timedelta(seconds=1)
LOOK_AROUND_EVERY = timedelta(seconds=2)


class Role(StrEnum):
    """What this process is doing about projection."""

    STARTING = "starting"
    ACTIVE = "active"
    STANDBY = "standby"
    FAILING = "failing"


class Projector:
    """Turns the streams into the read model, in order, from the positions stored with it."""

    def __init__(
        self, engine: Engine, client: "redis.Redis", lease: ProjectorLease, actions_key: Ed25519PublicKey | None = None
    ) -> None:
        self.role = Role.STARTING
        self._engine = engine
        self._client = client
        self._lease = lease
        now = later_clock(client)
        self._job_check = JobCheck(engine, client, now=now)
        checks = MessageChecks(AcknowledgedFindings(client).has, actions_key, now)
        self._store_status = partial(store_status, checks=checks)
        self._store_late = partial(store_late, checks=checks)
        self._continuity = Continuity(client)
        self._positions: dict[str, Position] = {}
        #: Facts streams that wait for a newer monitor.
        self._left: set[str] = set()
        self._looked_around: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Project until `stop`; returns within about a second of it."""
        try:
            while not stop.is_set():
                self._turn(stop)
        finally:
            self._give_up_lease()

    def _turn(self, stop: threading.Event) -> None:
        try:
            if not self._lease.hold():
                self._become(Role.STANDBY)
                stop.wait(RETRY_AFTER.total_seconds())
                return
            if self.role is not Role.ACTIVE:
                self.open()
                self._become(Role.ACTIVE)
            self.step()
        except ProjectorLeaseLostError as exc:
            self._give_up_lease()
            self._become(Role.STANDBY, reason=str(exc))
        except (redis.RedisError, SQLAlchemyError) as exc:
            self._become(Role.FAILING, reason=f"{type(exc).__name__}: {str(exc).partition(chr(10))[0]}")
            stop.wait(RETRY_AFTER.total_seconds())
        except Exception:
            # The thread must outlive what nobody foresaw; its health answer says that it does not work.
            logger.exception("projection failed")
            self._become(Role.FAILING, reason="unexpected")
            stop.wait(RETRY_AFTER.total_seconds())

    def open(self) -> None:
        """Start from the stored positions: compare them with the streams, then confirm and trim once more."""
        open_position(self._engine, keys.STATUS)
        adopt_messages(self._engine)
        self._positions = stored_positions(self._engine)
        self._looked_around = None
        self._compare_with_confirmed()
        self._read_newer_again()
        for stream in self._positions:
            if self._goes_on(stream):
                self._confirm(stream)

    def step(self, *, idle_wait: timedelta = IDLE_WAIT) -> int:
        """Read and commit once; returns how many records. Status messages go first."""
        self._look_around()
        done = self._take([keys.STATUS], count=STATUS_BATCH, wait=NOW)
        return done + self._take(list(self._positions), count=FACTS_BATCH, wait=NOW if done else idle_wait)

    def _take(self, streams: Sequence[str], *, count: int, wait: timedelta) -> int:
        cursors = [Cursor(stream, self._positions[stream].last_id) for stream in streams if stream not in self._left]
        found = read_after(self._client, cursors, count=count, wait=wait)
        for stream, records in found.items():
            # Between two reads another server may have taken the place of the one that was read.
            if records and self._goes_on(stream):
                self._commit(stream, records if stream == keys.STATUS else self._readable(stream, records))
        return sum(len(records) for records in found.values())

    def _readable(self, stream: str, pages: Sequence[Record]) -> Sequence[Record]:
        """The pages before the first one of a newer version, at which this monitor leaves the stream."""
        before = before_newer(pages)
        if len(before) < len(pages):
            self._left.add(stream)
            with self._engine.begin() as connection:
                alarm_newer(connection, stream, kept="its devices stay as they were last seen")
        return before

    def _commit(self, stream: str, records: Sequence[Record]) -> None:
        if not records:
            return
        store = self._store_status if stream == keys.STATUS else store_facts
        expected = self._positions[stream]
        self._positions[stream] = commit_records(self._engine, stream, records, store, expected=expected)
        self._confirm(stream)

    def _confirm(self, stream: str) -> None:
        self._continuity.confirm(stream, self._positions[stream], self._sequence(stream))

    def _goes_on(self, stream: str) -> bool:
        """Whether a stream is the one that was read; where it is not, reading starts again from its beginning."""
        position = self._positions[stream]
        if not self._continuity.is_apart(stream, position, self._sequence(stream)):
            return True
        self._positions[stream] = start_again(self._engine, self._client, stream, position)
        return False

    def _sequence(self, stream: str) -> int:
        with self._engine.connect() as connection:
            return stored_sequence(connection, stream)

    def _look_around(self) -> None:
        now = time.monotonic()
        looked = self._looked_around
        if looked is not None and now - looked < LOOK_AROUND_EVERY.total_seconds():
            return
        self._looked_around = now
        self._look_for_connectors()
        # A stream whose ids are below its position would show nothing new for ever.
        for stream in self._positions:
            self._goes_on(stream)
        self._job_check.look()

    def _look_for_connectors(self) -> None:
        names = cast("list[str]", self._client.hkeys(keys.CONNECTORS))
        # Whoever may write states can do so under any name; one that none can have is of no connector.
        for stream in (keys.facts(name) for name in names if is_name(name)):
            if stream not in self._positions:
                open_position(self._engine, stream)
                self._positions[stream] = stored_positions(self._engine)[stream]

    def _compare_with_confirmed(self) -> None:
        confirmed = str(self._client.get(keys.CONFIRMED_SEQUENCE) or "")
        with self._engine.begin() as connection:
            ours = max(stored_sequence(connection, keys.STATUS), highest_sequence(connection))
            if confirmed.isdecimal() and int(confirmed) > ours:
                keep_finding(connection, history_missing(keys.STATUS, ours, int(confirmed)))

    def _read_newer_again(self) -> None:
        """What an older monitor could not read, this one may."""
        self._left.clear()
        with self._engine.begin() as connection:
            for stream in self._positions.keys() - {keys.STATUS}:
                clear_alarm(connection, ALARM, stream)
        if taken := take_back(self._engine, self._store_late):
            logger.info("messages of a newer version taken back", count=taken)

    def _give_up_lease(self) -> None:
        try:
            self._lease.release()
        except redis.RedisError as exc:
            logger.info("lease left to expire", reason=type(exc).__name__)

    def _become(self, role: Role, *, reason: str = "") -> None:
        if role is self.role:
            return
        self.role = role
        report = logger.warning if role is Role.FAILING else logger.info
        report("projector changed", role=role.value, reason=reason)
