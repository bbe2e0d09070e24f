"""The tables on the way from one version to the next: adopted, migrated once, refused with a remedy."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, inspect, select, text, update
from sqlalchemy.pool import NullPool

from exconn.monitor import schema_revision
from exconn.monitor.database import migrate_database, open_database
from exconn.monitor.errors import DatabaseUnusableError, SchemaNewerError, SchemaOlderError
from exconn.monitor.migrations.versions import v1_first_tables
from exconn.monitor.tables import jobs, metadata, positions
from tests.support.machine.processes import ChildProcess, ChildProcesses
from tests.support.streams.status import StreamWriter
from tests.support.system.monitor import start_monitor

ENDS_WITHIN = timedelta(seconds=30)


def plain_engine(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool)


def set_version(url: str, revision: str) -> None:
    with plain_engine(url).begin() as connection:
        connection.execute(text(f"UPDATE {schema_revision.VERSION_TABLE} SET version_num = :to"), {"to": revision})


def make_as_before_migrations(url: str) -> None:
    """What a monitor made before there were migrations: its tables, and the number 1 in one of them."""
    from alembic.operations import Operations

    with plain_engine(url).begin() as connection, Operations.context(MigrationContext.configure(connection)):
        v1_first_tables.upgrade()
        connection.execute(text("INSERT INTO model (schema) VALUES (1)"))
        connection.execute(text("INSERT INTO positions (stream, last_id, sequence) VALUES ('s', '7-0', 3)"))


def revision_of(url: str) -> str | None:
    with plain_engine(url).connect() as connection:
        return schema_revision.found_in(connection)


def start_migration(processes: ChildProcesses, url: str) -> ChildProcess:
    return processes.start("migrate", "-m", "exconn.monitor", "migrate", env={"EXCONN_MONITOR_DATABASE": url})


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"version_table": schema_revision.VERSION_TABLE})
    return list(compare_metadata(context, metadata))


def test_migrated_tables_are_those_that_the_code_uses(engine: Engine) -> None:
    with engine.connect() as connection:
        assert differences(connection) == []


def test_every_table_is_migrated_to_with_the_same_key(engine: Engine) -> None:
    found = inspect(engine)

    keys = {name: found.get_pk_constraint(name)["constrained_columns"] for name in metadata.tables}

    assert keys == {name: [key.name for key in table.primary_key] for name, table in metadata.tables.items()}


def test_database_from_before_migrations_is_adopted_with_what_is_in_it(database_url: str) -> None:
    make_as_before_migrations(database_url)
    assert revision_of(database_url) == schema_revision.FIRST

    before, after = migrate_database(database_url)

    assert (before, after) == (schema_revision.FIRST, schema_revision.needed())
    engine = open_database(database_url)
    with engine.connect() as connection:
        assert connection.execute(select(positions.c.last_id)).scalars().all() == ["7-0"]
        assert differences(connection) == []
    engine.dispose()


def test_tables_of_others_are_neither_adopted_nor_touched(database_url: str) -> None:
    with plain_engine(database_url).begin() as connection:
        connection.execute(text("CREATE TABLE model (schema INTEGER)"))
        connection.execute(text("INSERT INTO model VALUES (42)"))

    with pytest.raises(DatabaseUnusableError, match="name an empty database"):
        migrate_database(database_url)

    with plain_engine(database_url).connect() as connection:
        assert inspect(connection).get_table_names() == ["model"]
        assert connection.execute(text("SELECT schema FROM model")).scalar() == 42


def test_migrating_again_does_nothing(database_url: str) -> None:
    assert migrate_database(database_url) == (None, schema_revision.needed())

    assert migrate_database(database_url) == (schema_revision.needed(), schema_revision.needed())


def test_newer_schema_is_refused_with_a_remedy_and_stays_as_it_is(database_url: str) -> None:
    migrate_database(database_url)
    set_version(database_url, "99")

    for attempt in (open_database, migrate_database):
        with pytest.raises(SchemaNewerError, match=r"has schema 99.*start the newer version"):
            attempt(database_url)

    with plain_engine(database_url).connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {schema_revision.VERSION_TABLE}")).scalar() == "99"


def test_migration_that_fails_leaves_nothing_behind(database_url: str) -> None:
    make_as_before_migrations(database_url)
    with plain_engine(database_url).begin() as connection:
        connection.execute(text("CREATE INDEX jobs_open ON jobs (due)"))

    with pytest.raises(DatabaseUnusableError, match="jobs_open"):
        migrate_database(database_url)

    with plain_engine(database_url).connect() as connection:
        assert not inspect(connection).has_table(schema_revision.VERSION_TABLE)
    assert revision_of(database_url) == schema_revision.FIRST


def test_many_that_migrate_at_the_same_time_do_it_once(database_url: str) -> None:
    make_as_before_migrations(database_url)
    at_once = threading.Barrier(6)
    found: list[str | None] = []

    def migrate() -> None:
        at_once.wait(10)
        found.append(migrate_database(database_url)[0])

    threads = [threading.Thread(target=migrate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(found, key=str) == [schema_revision.FIRST, *[schema_revision.needed()] * 5]


def test_migration_waits_for_another_one(processes: ChildProcesses, postgresql_url: str) -> None:
    other = plain_engine(postgresql_url)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with other.connect() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": schema_revision.LOCK})
        migration = start_migration(processes, postgresql_url)
        migration.wait_until(lambda: connection.execute(waiting).scalar(), ENDS_WITHIN, "waiting")
        assert revision_of(postgresql_url) is None

    assert migration.wait(ENDS_WITHIN) == 0
    assert revision_of(postgresql_url) == schema_revision.needed()


def test_wait_for_another_migration_has_an_end(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_revision, "WAITS", timedelta(milliseconds=50))
    with plain_engine(postgresql_url).connect() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": schema_revision.LOCK})

        with pytest.raises(DatabaseUnusableError, match="wait for whoever migrates"):
            migrate_database(postgresql_url)


def test_command_tells_what_it_did_and_needs_no_other_settings(processes: ChildProcesses, database_url: str) -> None:
    first, second = start_migration(processes, database_url), None
    assert first.wait(ENDS_WITHIN) == 0
    second = start_migration(processes, database_url)
    assert second.wait(ENDS_WITHIN) == 0

    assert f"the database has schema {schema_revision.needed()}; it was empty" in first.log.read_text()
    assert second.log.read_text() == f"the database has schema {schema_revision.needed()}; nothing to do\n"


def test_unknown_command_is_refused(processes: ChildProcesses) -> None:
    child = processes.start("monitor", "-m", "exconn.monitor", "migrat")

    assert child.wait(ENDS_WITHIN) == 2
    assert "migrate" in child.log.read_text()


@pytest.mark.parametrize("adopted", [False, True], ids=["empty", "from before migrations"])
def test_monitor_does_not_start_on_older_tables_of_a_server(
    processes: ChildProcesses, redis_url: str, postgresql_url: str, tmp_path: Path, adopted: bool
) -> None:
    if adopted:
        make_as_before_migrations(postgresql_url)
    env = {"EXCONN_BROKER_URL": redis_url, "EXCONN_LEDGER_URL": redis_url, "EXCONN_STATE_DIR": str(tmp_path)}
    child = processes.start("monitor", "-m", "exconn.monitor", env=env | {"EXCONN_MONITOR_DATABASE": postgresql_url})

    code = child.wait(ENDS_WITHIN)

    (line,) = child.log.read_text().strip().splitlines()
    assert code == 2
    assert "python -m exconn.monitor migrate" in line
    assert "EXCONN_MONITOR_MIGRATE=true" in line
    assert revision_of(postgresql_url) == (schema_revision.FIRST if adopted else None)


def test_monitors_that_may_migrate_start_together_on_an_empty_server(
    processes: ChildProcesses, redis_url: str, redis_client: redis.Redis, postgresql_url: str, tmp_path: Path
) -> None:
    StreamWriter(redis_client).queued("wipe-a", "wipe")
    env = {"EXCONN_MONITOR_DATABASE": postgresql_url, "EXCONN_MONITOR_MIGRATE": "true"}

    monitors = [start_monitor(processes, redis_url, tmp_path / name, name=name, **env) for name in ("first", "second")]

    for monitor in monitors:
        monitor.wait_for("/v1/overview", "jobs", {"queued": 1})


def test_monitor_that_was_started_goes_on_while_a_server_is_migrated_under_it(postgresql_url: str) -> None:
    make_as_before_migrations(postgresql_url)
    running = plain_engine(postgresql_url)

    migrate_database(postgresql_url)

    with running.begin() as connection:
        connection.execute(update(positions).values(last_id="8-0", updated_at=datetime.now(UTC)))
        assert connection.execute(select(jobs.c.id)).all() == []


def test_sqlite_is_migrated_by_starting(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    make_as_before_migrations(url)

    open_database(url).dispose()

    assert revision_of(url) == schema_revision.needed()


def test_server_is_not_migrated_by_opening(postgresql_url: str) -> None:
    with pytest.raises(SchemaOlderError, match="has no tables yet"):
        open_database(postgresql_url)
