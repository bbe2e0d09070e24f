"""Seals the audit log with checkpoints, and brings each to its second places, beside the projector."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from exconn.audit import Checkpoint
from exconn.audit.merkle import Frontier
from exconn.logs import get_logger
from exconn.monitor.audit.append import head
from exconn.monitor.audit.places import SecondPlace
from exconn.monitor.audit.read import newest_checkpoint
from exconn.monitor.audit.standing import NOT_ANCHORED, say
from exconn.monitor.instant import from_ms, to_ms
from exconn.monitor.tables import audit_checkpoints
from exconn.monitor.upsert import upsert
from exconn.signing.keyfile import SigningKey

LOOK_EVERY = timedelta(seconds=1)

logger = get_logger(__name__)


class CheckpointMaker:
    """One thread of the monitor that projects; a failure of the database is tried again with the next checkpoint."""

    def __init__(
        self,
        engine: Engine,
        *,
        is_active: Callable[[], bool],
        key: SigningKey | None,
        places: Sequence[SecondPlace],
        checkpoint_every: timedelta,
    ) -> None:
        self._engine, self._is_active = engine, is_active
        self._key, self._every = key, checkpoint_every
        self._sealing = threading.Lock()
        #: The newest checkpoint of each second place. At a start it gets the newest one again.
        self._anchored: list[tuple[SecondPlace, Checkpoint | None]] = [(place, None) for place in places]

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`."""
        if self._key is None:
            logger.warning("checkpoints of the audit log are not signed", remedy="set EXCONN_AUDIT_KEY_FILE")
        while not stop.wait(LOOK_EVERY.total_seconds()):
            if not self._is_active():
                continue
            try:
                self.seal()
            except SQLAlchemyError as exc:
                logger.warning("audit log sealed later", reason=type(exc).__name__)
            except Exception:
                # The thread must outlive what nobody foresaw.
                logger.exception("audit log not sealed")
            stop.wait(self._every.total_seconds())

    def seal(self) -> Checkpoint | None:
        """Make a checkpoint if there is anything new, or if the newest one could be signed and is not.

        A place that could not take the newest one is tried again.
        """
        with self._sealing:
            return self._seal()

    def _seal(self) -> Checkpoint | None:
        with self._engine.connect() as connection:
            now, newest = head(connection), newest_checkpoint(connection)
        made = None if self._is_sealed(now.size, newest) else self._checkpoint(now)
        if made is not None:
            with self._engine.begin() as connection:
                upsert(connection, audit_checkpoints, [asdict(made) | {"at": from_ms(made.at)}])
        if (latest := made or newest) is not None:
            self._anchored = [(place, self._anchor(place, has, latest)) for place, has in self._anchored]
        return made

    def _is_sealed(self, size: int, newest: Checkpoint | None) -> bool:
        if not size:
            return True
        return newest is not None and newest.size >= size and bool(newest.signature or not self._key)

    def _checkpoint(self, now: Frontier) -> Checkpoint:
        made = Checkpoint(size=now.size, root=now.root().hex(), at=to_ms(datetime.now(UTC)))
        return made.signed_with(self._key) if self._key else made

    def _anchor(self, place: SecondPlace, has: Checkpoint | None, latest: Checkpoint) -> Checkpoint | None:
        """Bring the latest checkpoint to a place whose newest is `has`; which one it has then."""
        if latest == has:
            return has
        try:
            place.add(latest)
        except OSError as exc:
            why = exc.strerror or str(exc) or type(exc).__name__
            say(self._engine, NOT_ANCHORED, place.name, f"a checkpoint of the audit log is not in {place.name}: {why}")
            return has
        say(self._engine, NOT_ANCHORED, place.name, "")
        return latest
