"""The audit log is verified once a night by itself; what is wrong is a problem that the next clean one takes back."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.pool import QueuePool

from exconn.cli.audit_source import lines_of_monitor
from exconn.cli.audit_verification import verified
from exconn.cli.http import Site
from exconn.keyspace import connect
from exconn.monitor.answers.source import Source
from exconn.monitor.app import create_app
from exconn.monitor.audit.make_checkpoints import CheckpointMaker
from exconn.monitor.audit.nightly import EndedError, NightlyVerification
from exconn.monitor.audit.places import AnchorFile
from exconn.monitor.audit.result import Verification, newest_verification
from exconn.monitor.audit.schedule import Schedule
from exconn.monitor.audit.settings import AuditSettings
from exconn.monitor.audit.start import looked_after
from exconn.monitor.live import LiveLedger
from exconn.monitor.projector import Role
from exconn.process.listening_socket import listen
from exconn.process.serve_http import HttpServer
from exconn.settings import SettingsError, load
from exconn.signing import new_signing_key
from tests.support.machine.processes import wait_until
from tests.unit.monitor.audit.scene import DAY, projected, standing

COUNT = 12
HOUR = timedelta(hours=1)


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """With a log."""
    projected(engine, COUNT)
    return engine


def nightly(
    engine: Engine, *, anchor_file: Path | None = None, within: timedelta = HOUR, every: timedelta = DAY
) -> NightlyVerification:
    schedule = Schedule(every=every, at=time(2))
    return NightlyVerification(
        engine,
        is_active=lambda: True,
        seal=lambda: None,
        keys={},
        anchor_file=anchor_file,
        schedule=schedule,
        within=within,
    )


def sealed(engine: Engine, path: Path) -> None:
    """Make a checkpoint in the database and in a file."""
    CheckpointMaker(engine, is_active=lambda: True, key=None, places=(AnchorFile(path),), checkpoint_every=DAY).seal()


def sql(engine: Engine, *statements: str) -> None:
    """What somebody does who has the database."""
    with closing(sqlite3.connect(str(engine.url.database))) as database, database:
        for statement in statements:
            database.execute(statement)


def kept(engine: Engine) -> Verification | None:
    with engine.connect() as connection:
        return newest_verification(connection)


FORGED = (
    "INSERT INTO messages SELECT '1-1', sequence, number, severity, connector, at, \"by\", job, kind, state, phase, "
)
FORGED += "epoch, text, data, NULL FROM messages WHERE sequence = 7"
ATTACKS = {
    "edited": ("UPDATE messages SET \"by\" = 'somebody' WHERE sequence = 7", "message 7 was edited"),
    "edited so that it is no JSON": ("UPDATE messages SET data = '{' WHERE sequence = 7", "message 7 was edited"),
    "edited by a separator": (
        'UPDATE messages SET "by" = "by" || char(0) WHERE sequence = 7',
        "message 7 was edited",
    ),
    "removed": ("DELETE FROM messages WHERE sequence = 7", "message 7 was deleted"),
    "added": (FORGED, "message 7 was forged: record 1-1 is not in the log"),
    "added in a place that is taken": (
        FORGED.replace("NULL", "position"),
        "message 7 was forged: record 1-1 is not in the log",
    ),
    "number in the log": (
        "UPDATE audit_leaves SET elements = replace(elements, '\"message\", 7,', '\"message\", 77,')",
        "message 77 was edited; message 7 never came; messages 13 to 76 never came",
    ),
}


@pytest.mark.parametrize(("attack", "said"), ATTACKS.values(), ids=list(ATTACKS))
def test_what_was_changed_is_a_problem_until_a_clean_verification(
    engine: Engine, tmp_path: Path, attack: str, said: str
) -> None:
    clean = nightly(engine).verify()
    assert (clean.result, clean.records, standing(engine)) == ("clean", COUNT, [])
    engine.dispose()
    backup = tmp_path / "backup.db"
    sql(engine, f"VACUUM INTO '{backup}'")

    sql(engine, attack)
    broken = nightly(engine).verify()

    assert (broken.result, broken.said) == ("broken", said)
    assert standing(engine) == [("audit-broken", said)]
    assert kept(engine) == broken
    assert broken.clean_at == clean.clean_at, "when it was clean last is not forgotten"
    engine.dispose()
    shutil.copy(backup, str(engine.url.database))
    assert nightly(engine).verify().result == "clean"
    assert standing(engine) == []


def test_a_log_that_was_cut_off_with_its_checkpoints_is_found_by_the_second_place(
    engine: Engine, tmp_path: Path
) -> None:
    sealed(engine, tmp_path / "anchors")
    sql(engine, "DELETE FROM messages", "DELETE FROM audit_leaves", "DELETE FROM audit_checkpoints")
    sql(engine, "UPDATE audit_head SET size = 0, peaks = '[]'")
    assert nightly(engine).verify().result == "clean", "nothing in the database tells"

    found = nightly(engine, anchor_file=tmp_path / "anchors").verify()

    assert (found.result, found.said) == ("broken", f"the log ends at message 0: {COUNT} elements behind it are gone")


def test_a_log_that_was_cut_off_with_its_head_is_found_by_its_checkpoints(engine: Engine, tmp_path: Path) -> None:
    sealed(engine, tmp_path / "anchors")
    sql(engine, "DELETE FROM messages", "DELETE FROM audit_leaves")
    sql(engine, "UPDATE audit_head SET size = 0, peaks = '[]'")
    cut = f"the log ends at message 0: {COUNT} elements behind it are gone"

    found = nightly(engine).verify()

    assert (found.result, found.said) == ("broken", cut)
    with running(engine) as monitor:
        report = verified(lines_of_monitor(monitor), keys={}, anchors=[])
    assert [finding.text for finding in report.findings] == [cut]


def test_the_command_finds_what_the_monitor_finds(engine: Engine) -> None:
    sql(engine, ATTACKS["edited"][0], ATTACKS["added"][0])

    with running(engine) as monitor:
        report = verified(lines_of_monitor(monitor), keys={}, anchors=[])

    said = [ATTACKS[name][1] for name in ("edited", "added")]
    assert sorted(finding.text for finding in report.findings) == sorted(said)


@contextmanager
def running(engine: Engine) -> Iterator[Site]:
    """The monitor's application over this database, and nothing behind it."""
    with closing(connect("redis://127.0.0.1:9/0")) as client:
        app = create_app(Source(engine, LiveLedger(client), lambda: Role.ACTIVE))
        second = timedelta(seconds=1)
        with listen("127.0.0.1", 0, settings="TEST") as port, HttpServer(app, port, stop_within=second) as server:
            yield Site(server.url, "the monitor", "")


def test_a_log_that_was_cut_off_at_its_end_is_found_by_its_head(engine: Engine) -> None:
    projected(engine, 3, after=COUNT)
    sql(engine, f"DELETE FROM messages WHERE sequence > {COUNT}", f"DELETE FROM audit_leaves WHERE first >= {COUNT}")

    found = nightly(engine).verify()

    assert (found.result, found.said) == ("broken", f"the log ends at message {COUNT}: 3 elements behind it are gone")


def test_a_second_place_that_was_left_behind_is_a_problem_and_no_sign_of_a_change(
    engine: Engine, tmp_path: Path
) -> None:
    anchors, older = tmp_path / "anchors", tmp_path / "older"
    sealed(engine, anchors)
    shutil.copy(anchors, older)
    for more in (1, 2):
        projected(engine, 1, after=COUNT + more - 1)
        sealed(engine, anchors)

    found = nightly(engine, anchor_file=older).verify()

    text = f"{older} ends at element {COUNT} of the audit log, and more was sealed since"
    assert (found.result, standing(engine)) == ("clean", [("audit-not-anchored", text)])
    nightly(engine, anchor_file=anchors).verify()
    assert standing(engine) == []


def test_a_second_place_that_somebody_has_written_into_is_a_change(engine: Engine, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors"
    sealed(engine, anchors)
    with anchors.open("a", encoding="utf-8") as file:
        file.write("nothing\n")

    found = nightly(engine, anchor_file=anchors).verify()

    assert (found.result, found.said) == (
        "broken",
        f"{anchors}: line 2 is no checkpoint; somebody has changed the file",
    )


def test_a_second_place_that_cannot_be_read_leaves_the_log_unverified_and_not_broken(
    engine: Engine, tmp_path: Path
) -> None:
    found = nightly(engine, anchor_file=tmp_path).verify()

    text = f"the audit log was not verified to its end: {tmp_path} cannot be read: Is a directory"
    assert (found.result, standing(engine)) == ("unfinished", [("audit-unverified", text)])


def test_a_verification_that_takes_too_long_is_given_up_and_told(engine: Engine) -> None:
    found = nightly(engine, within=timedelta(0)).verify()

    assert (found.result, found.said) == ("unfinished", "it was not done within 0ms")
    assert [name for name, _ in standing(engine)] == ["audit-unverified"]
    nightly(engine).verify()
    assert standing(engine) == []


def test_the_projector_writes_while_the_verification_rests(engine: Engine) -> None:
    """No transaction is open then, and what comes meanwhile is the next verification's."""
    rests: list[int] = []

    def rest(_: float) -> bool:
        assert isinstance(engine.pool, QueuePool)
        rests.append(engine.pool.checkedout())
        projected(engine, 1, after=COUNT)
        return False

    found = nightly(engine).verify(rest)

    assert (rests, found.result, found.records) == ([0], "clean", COUNT)


def test_a_log_is_sealed_before_it_is_verified(engine: Engine) -> None:
    """Else one that nobody has sealed yet would have no good signature."""
    key = new_signing_key()
    checkpoints, verification = looked_after(engine, (AuditSettings(), key))

    assert verification.verify().result == "clean"
    assert checkpoints.seal() is None


@pytest.mark.parametrize("table", ["audit_checkpoints", "audit_verification", "alarms"])
def test_the_projector_may_commit_just_before_anything_is_kept(engine: Engine, table: str) -> None:
    """SQLite refuses a transaction that has read before that and then writes."""
    committed: list[str] = []

    def commit(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(f"INSERT INTO {table} ") and not committed:
            committed.append(table)
            projected(engine, 1, after=COUNT)

    checkpoints, _ = looked_after(engine, (AuditSettings(), None))
    sql(engine, ATTACKS["edited"][0])
    event.listen(engine, "before_cursor_execute", commit)
    checkpoints.seal()
    found = nightly(engine).verify()
    event.remove(engine, "before_cursor_execute", commit)

    assert (committed, found.result) == ([table], "broken")


def test_a_verification_ends_with_the_monitor_and_says_nothing(engine: Engine) -> None:
    with pytest.raises(EndedError):
        nightly(engine).verify(lambda _: True)

    assert kept(engine) is None


def test_a_monitor_verifies_by_itself_what_was_never_verified(engine: Engine) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=nightly(engine).run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: kept(engine) is not None, timedelta(seconds=30), "verified")
    finally:
        stop.set()
        thread.join(10)

    assert not thread.is_alive()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "last", "following"),
    [
        (DAY, "2026-06-01T02:00:05", "2026-06-02T02:00:00"),
        (DAY, "2026-06-01T15:30:00", "2026-06-02T02:00:00"),
        (DAY, "2026-06-01T01:00:00", "2026-06-01T02:00:00"),
        (7 * DAY, "2026-06-01T15:30:00", "2026-06-08T02:00:00"),
        (HOUR, "2026-06-01T15:30:00", "2026-06-01T16:30:00"),
    ],
)
def test_a_verification_falls_into_the_night_unless_there_are_several_a_day(
    every: timedelta, last: str, following: str
) -> None:
    now = at("2026-06-30T00:00:00")

    assert Schedule(every=every, at=time(2)).following(at(last), now) == at(following)
    assert Schedule(every=every, at=time(2)).following(None, now) == now


@pytest.mark.parametrize("hour", ["25:00", "2", "night", "02:00:00"])
def test_a_time_of_day_that_is_none_is_refused_by_its_setting(monkeypatch: pytest.MonkeyPatch, hour: str) -> None:
    monkeypatch.setenv("EXCONN_AUDIT_VERIFY_AT", hour)

    with pytest.raises(SettingsError, match="EXCONN_AUDIT_VERIFY_AT"):
        load(AuditSettings)
