"""The revision of the tables: which one a database has, which one this version needs, the way from one to the other."""

from datetime import timedelta
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from exconn.monitor.errors import SchemaNewerError, SchemaOlderError

#: A name of its own: other programs that use Alembic may share the database.
VERSION_TABLE = "monitor_version"
#: The revision of a database from before there were migrations, and the tables by which it is known.
FIRST = "1"
FIRST_TABLES = frozenset(
    ("model", "positions", "poison", "alarms", "messages", "message_counts", "jobs", "devices", "owners", "sweeps")
)
#: Who migrates holds this advisory lock; any number that nobody else uses.
LOCK = 0x6578636F6E6E
#: How long one waits for another who migrates, and for those who use the tables.
WAITS = timedelta(seconds=60)


def needed() -> str:
    """The revision that this version works with."""
    return _revisions()[0]


def found_in(connection: Connection) -> str | None:
    """The revision of a database; None where there is nothing yet."""
    stamped = _stamped(connection)
    if stamped is None and _is_from_before_migrations(connection):
        return FIRST
    return stamped


def check(connection: Connection) -> None:
    """Raises SchemaOlderError or SchemaNewerError unless the database has the tables of this version."""
    found = found_in(connection)
    if found == needed():
        return
    shown = connection.engine.url.render_as_string(hide_password=True)
    if found is None or found in _revisions():
        raise SchemaOlderError(shown, found, needed())
    raise SchemaNewerError(shown, found, needed())


def upgrade(connection: Connection) -> str | None:
    """Bring the tables to this version in the transaction of `connection`, alone; returns the revision before.

    Running it again does nothing. Raises SchemaNewerError.
    """
    _lock(connection)
    before = found_in(connection)
    try:
        check(connection)
    except SchemaOlderError:
        config = _config()
        config.attributes["connection"] = connection
        if before is not None and _stamped(connection) is None:
            command.stamp(config, before)
        command.upgrade(config, needed())
    return before


def _lock(connection: Connection) -> None:
    # SQLite has locked the file when the transaction began.
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {WAITS // timedelta(milliseconds=1)}"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _stamped(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _is_from_before_migrations(connection: Connection) -> bool:
    return set(inspect(connection).get_table_names()) >= FIRST_TABLES


@cache
def _revisions() -> tuple[str, ...]:
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "exconn.monitor:migrations")
    return config
