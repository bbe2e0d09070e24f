"""Verifies the whole audit log by itself, once a night, beside the projector and never for longer than it may."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from exconn.audit import Anchors, AuditReport, FindingKind
from exconn.audit.anchors import AnchorError, read_anchors
from exconn.logs import get_logger
from exconn.monitor.audit.check import check_log
from exconn.monitor.audit.result import Result, Verification, keep_verification, newest_verification
from exconn.monitor.audit.schedule import Schedule
from exconn.monitor.audit.standing import NOT_ANCHORED, UNVERIFIED, say, say_broken
from exconn.monitor.instant import from_ms, to_ms
from exconn.settings import show_duration

LOOK_EVERY = timedelta(seconds=1)
#: After the database failed.
RETRY_AFTER = timedelta(seconds=10)
SUBJECT = "audit log"
#: So many findings are named.
_NAMED = 5

logger = get_logger(__name__)


class TimeIsUpError(Exception):
    """The verification took as long as it may; `report` is what it found until then."""

    def __init__(self, report: AuditReport) -> None:
        self.report = report
        super().__init__(f"time was up at element {report.records}")


class EndedError(Exception):
    """The monitor is ended."""


class NightlyVerification:
    """One thread of the monitor that projects.

    It rests after each page as long as the page took, with no transaction open: the projector gets on meanwhile.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        is_active: Callable[[], bool],
        seal: Callable[[], object],
        keys: Mapping[str, Ed25519PublicKey],
        anchor_file: Path | None,
        schedule: Schedule,
        within: timedelta,
    ) -> None:
        self._engine, self._is_active, self._seal = engine, is_active, seal
        self._keys, self._anchor_file = keys, anchor_file
        self._schedule, self._within = schedule, within

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`."""
        while not stop.wait(LOOK_EVERY.total_seconds()):
            try:
                if self._is_active() and self._is_due():
                    self.verify(stop.wait)
            except EndedError:
                return
            except SQLAlchemyError as exc:
                logger.warning("audit log verified later", reason=type(exc).__name__)
                stop.wait(RETRY_AFTER.total_seconds())
            except Exception:
                # The thread must outlive what nobody foresaw.
                logger.exception("audit log not verified")
                stop.wait(RETRY_AFTER.total_seconds())

    def verify(self, rest: Callable[[float], bool] = lambda _: False) -> Verification:
        """Verify the whole log; what it came to is kept, and a problem as long as something is wrong.

        `rest` waits for some seconds; EndedError where it says that the monitor is ended.
        """
        started = _now()
        # A log that was never sealed, or not with this key, would have no good signature.
        self._seal()
        read = self._read_back()
        pace = _Pace(self._within, rest)
        try:
            report = check_log(self._engine, anchors=read.anchors, keys=self._keys, after_page=pace.after_page)
        except TimeIsUpError as exc:
            report, read.away = exc.report, f"it was not done within {show_duration(self._within)}"
        if read.changed:
            report.add(FindingKind.ANCHORS_CHANGED, 0, read.changed)
        found = self._done(started, report, read.away)
        self._tell(found, report, read.away)
        return found

    def _is_due(self) -> bool:
        now = _now()
        with self._engine.connect() as connection:
            last = newest_verification(connection)
        return self._schedule.following(last.started_at if last else None, now) <= now

    def _read_back(self) -> "_ReadBack":
        path = self._anchor_file
        if path is None:
            return _ReadBack()
        try:
            # Before the first checkpoint there is no file; one that was taken away lacks what the database has.
            found = read_anchors(path) if path.exists() else []
        except AnchorError as exc:
            return _ReadBack(changed=str(exc))
        except OSError as exc:
            return _ReadBack(away=f"{path} cannot be read: {exc.strerror}")
        return _ReadBack([Anchors(place=str(path), checkpoints=found)])

    def _done(self, started: datetime, report: AuditReport, away: str) -> Verification:
        ended = _now()
        result = Result.BROKEN if not report.good else Result.UNFINISHED if away else Result.CLEAN
        done = Verification(
            started_at=started,
            ended_at=ended,
            due_at=self._schedule.following(started, ended),
            result=result.value,
            records=report.records,
            findings=report.count,
            said="; ".join(filter(None, (away, _in_words(report)))),
            clean_at=ended if result is Result.CLEAN else None,
        )
        with self._engine.connect() as connection:
            before = newest_verification(connection)
        if before is not None and done.clean_at is None:
            done = replace(done, clean_at=before.clean_at)
        # SQLite refuses a transaction that has read and then writes when the projector has committed in between.
        with self._engine.begin() as connection:
            keep_verification(connection, done)
        return done

    def _tell(self, done: Verification, report: AuditReport, away: str) -> None:
        if report.findings or not away:
            say_broken(self._engine, SUBJECT, report, _in_words(report))
        say(self._engine, UNVERIFIED, SUBJECT, f"the audit log was not verified to its end: {away}" if away else "")
        if not away:
            say(self._engine, NOT_ANCHORED, SUBJECT, "; ".join(_stale(report)))
        tell = logger.info if done.result == Result.CLEAN else logger.error
        tell("audit log verified", records=done.records, result=done.result, findings=done.findings)


@dataclass
class _ReadBack:
    """Its checkpoints; or in words that it was changed, or why it is away."""

    anchors: list[Anchors] = field(default_factory=list)
    changed: str = ""
    away: str = ""


class _Pace:
    """How long the verification may go on, and how long it rests."""

    def __init__(self, within: timedelta, rest: Callable[[float], bool]) -> None:
        self._within, self._rest = within.total_seconds(), rest
        self._began = self._page_began = time.monotonic()

    def after_page(self, report: AuditReport) -> None:
        """Rest as long as the page took. Raises TimeIsUpError and EndedError."""
        now = time.monotonic()
        if now - self._began >= self._within:
            raise TimeIsUpError(report)
        if self._rest(now - self._page_began):
            raise EndedError
        self._page_began = time.monotonic()


def _now() -> datetime:
    """As exactly as the database has it."""
    return from_ms(to_ms(datetime.now(UTC)))


def _stale(report: AuditReport) -> list[str]:
    text = "{} ends at element {} of the audit log, and more was sealed since"
    return [text.format(place.place, place.size) for place in report.anchors if place.stale]


def _in_words(report: AuditReport) -> str:
    named = "; ".join(finding.text for finding in report.findings[:_NAMED])
    more = report.count - _NAMED
    return f"{named}; and {more} more" if more > 0 else named
