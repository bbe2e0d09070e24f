"""Keeps the audit log: seals it with checkpoints, and verifies all of it once a day, beside the projector."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from exconn.audit import AuditReport, Checkpoint
from exconn.audit.anchors import AnchorError, add_anchor, read_anchors
from exconn.logs import get_logger
from exconn.monitor.audit.check import check_log
from exconn.monitor.audit.log import head
from exconn.monitor.audit.read import newest_checkpoint
from exconn.monitor.instant import from_ms, to_ms
from exconn.monitor.projector.alarms import clear_alarm, raise_alarm
from exconn.monitor.tables import audit_checkpoints
from exconn.monitor.upsert import upsert
from exconn.signing.keyfile import SigningKey, key_id

#: What went wrong with the log itself, and with its second place.
BROKEN, NOT_ANCHORED = "audit-broken", "audit-not-anchored"
SUBJECT = "audit log"
LOOK_EVERY = timedelta(seconds=1)
#: So many findings are named in the alarm.
_NAMED = 5
_REMEDY = "find out who writes the database: `exconn audit verify`"

logger = get_logger(__name__)


class AuditKeeper:
    """One thread of the monitor that projects; a failure of the database is tried again with the next look."""

    def __init__(
        self,
        engine: Engine,
        *,
        is_active: Callable[[], bool],
        key: SigningKey | None,
        anchor_file: Path | None,
        checkpoint_every: timedelta,
        verify_every: timedelta,
        earlier_keys: Sequence[Ed25519PublicKey] = (),
    ) -> None:
        self._engine, self._is_active = engine, is_active
        self._key, self._anchor_file = key, anchor_file
        public = [*earlier_keys, *([key.private.public_key()] if key else [])]
        self._keys = {key_id(one): one for one in public}
        self._work = (_Regular(self.seal, checkpoint_every), _Regular(self.verify, verify_every))

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`."""
        if self._key is None:
            logger.warning("checkpoints of the audit log are not signed", remedy="set EXCONN_AUDIT_KEY_FILE")
        while not stop.wait(LOOK_EVERY.total_seconds()):
            if not self._is_active():
                continue
            for regular in self._work:
                try:
                    regular.turn()
                except SQLAlchemyError as exc:
                    logger.warning("audit log left for later", reason=type(exc).__name__)
                except Exception:
                    # The thread must outlive what nobody foresaw.
                    logger.exception("audit log failed")

    def seal(self) -> Checkpoint | None:
        """Make a checkpoint if there is anything new, or if the newest one could be signed and is not."""
        with self._engine.begin() as connection:
            now = head(connection)
            newest = newest_checkpoint(connection)
            is_sealed = newest is not None and newest.size >= now.size and bool(newest.signature or not self._key)
            if not now.size or is_sealed:
                return None
            made = Checkpoint(size=now.size, root=now.root().hex(), at=to_ms(datetime.now(UTC)))
            made = made.signed_with(self._key) if self._key else made
            row = asdict(made) | {"at": from_ms(made.at)}
            upsert(connection, audit_checkpoints, [row])
        self._anchor(made)
        return made

    def verify(self) -> AuditReport | None:
        """Verify the whole log, and have an alarm stand as long as something is wrong; None where it cannot be."""
        try:
            anchors = self._anchors()
        except (AnchorError, OSError) as exc:
            self._say(BROKEN, str(exc))
            return None
        report = check_log(self._engine, anchors=anchors, keys=self._keys)
        self._say(BROKEN, "" if report.good else _in_words(report))
        tell = logger.info if report.good else logger.error
        tell("audit log verified", records=report.records, good=report.good, findings=report.count)
        return report

    def _anchors(self) -> Sequence[Checkpoint] | None:
        if self._anchor_file is None:
            return None
        # Before the first checkpoint there is no file; one that was taken away lacks what the database has.
        return read_anchors(self._anchor_file) if self._anchor_file.exists() else []

    def _anchor(self, made: Checkpoint) -> None:
        if self._anchor_file is None:
            return
        try:
            add_anchor(self._anchor_file, made)
        except OSError as exc:
            self._say(NOT_ANCHORED, f"a checkpoint of the audit log was not written to its file: {exc.strerror}")
        else:
            self._say(NOT_ANCHORED, "")

    def _say(self, alarm: str, text: str) -> None:
        """Raise an alarm with this text; without any, it is over."""
        with self._engine.begin() as connection:
            if text:
                raise_alarm(connection, alarm, SUBJECT, at=datetime.now(UTC), text=text, remedy=_REMEDY)
            else:
                clear_alarm(connection, alarm, SUBJECT)


class _Regular:
    """Something that is done at a start, and then each time after a while."""

    def __init__(self, do: Callable[[], object], every: timedelta) -> None:
        self._do, self._every = do, every.total_seconds()
        self._next = time.monotonic()

    def turn(self) -> None:
        """Do it if it is time; what fails is tried again with the next turn."""
        if time.monotonic() >= self._next:
            self._do()
            self._next = time.monotonic() + self._every


def _in_words(report: AuditReport) -> str:
    named = "; ".join(finding.text for finding in report.findings[:_NAMED])
    more = report.count - _NAMED
    return f"{named}; and {more} more" if more > 0 else named
