"""Opening the database of the read model: SQLite in WAL mode on one node, another server by URL."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from exconn.audit.canonical import Data
from exconn.logs import get_logger
from exconn.monitor import schema_revision
from exconn.monitor.errors import DatabaseUnreachableError, DatabaseUnusableError, MonitorError, SchemaOlderError

#: How long a writer waits for another one.
BUSY = timedelta(seconds=5)
#: How long a database server may take to answer, in whole seconds as its driver wants them.
CONNECT_SECONDS = 5
_NOT_OURS = "name an empty database or the monitor's own"
_LOCK_NOT_AVAILABLE = "55P03"

logger = get_logger(__name__)


def open_database(url: str, *, migrate: bool = False) -> Engine:
    """The engine of a database with the tables of this version; SQLite is always migrated, a server if told so.

    Raises DatabaseUnusableError, DatabaseUnreachableError, SchemaOlderError or SchemaNewerError.
    """
    engine = _engine(url)
    try:
        with _translated(engine), engine.connect() as connection:
            schema_revision.check(connection)
    except SchemaOlderError:
        if migrate or engine.dialect.name == "sqlite":
            migrate_database(url)
            return engine
        engine.dispose()
        raise
    except MonitorError:
        engine.dispose()
        raise
    return engine


def migrate_database(url: str) -> tuple[str | None, str]:
    """Bring the tables to this version, all or nothing; returns the revision before, and the one it has now.

    Several may run at the same time: one migrates, the others find it done. Raises what `open_database` raises.
    """
    engine = _engine(url, begin="BEGIN IMMEDIATE", busy=schema_revision.WAITS)
    try:
        with _translated(engine), engine.begin() as connection:
            before = schema_revision.upgrade(connection)
    finally:
        engine.dispose()
    if before not in (None, schema_revision.needed()):
        logger.info("database migrated", before=before, after=schema_revision.needed())
    return before, schema_revision.needed()


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    shown = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except OperationalError as exc:
        raise _told(shown, exc) from exc
    except (SQLAlchemyError, CommandError) as exc:
        detail = str(exc).partition("\n")[0]
        raise DatabaseUnusableError(shown, detail, remedy=_NOT_OURS) from exc


def _told(shown: str, exc: OperationalError) -> DatabaseUnusableError | DatabaseUnreachableError:
    detail = str(exc.orig).partition("\n")[0]
    sqlite, postgresql = getattr(exc.orig, "sqlite_errorname", ""), getattr(exc.orig, "sqlstate", "")
    if sqlite.startswith("SQLITE_BUSY") or postgresql == _LOCK_NOT_AVAILABLE:
        return DatabaseUnusableError(shown, detail, remedy="wait for whoever migrates or uses it, then try again")
    if sqlite == "SQLITE_ERROR":
        return DatabaseUnusableError(shown, detail, remedy=_NOT_OURS)
    if sqlite:
        return DatabaseUnusableError(shown, detail, remedy="name a file in a folder that can be written")
    return DatabaseUnreachableError(shown, detail)


def _engine(url: str, *, begin: str = "BEGIN", busy: timedelta = BUSY) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        remote = parsed.get_backend_name() != "sqlite"
        waits = {"connect_timeout": CONNECT_SECONDS} if parsed.get_backend_name() == "postgresql" else {}
        engine = create_engine(parsed, pool_pre_ping=remote, connect_args=waits, json_serializer=_as_json)
    except (ArgumentError, NoSuchModuleError, ImportError) as exc:
        # The URL may hold a password and does not parse, so it is not repeated.
        raise DatabaseUnusableError(
            "it", str(exc).partition("\n")[0].replace(url, "***"), remedy="name a path or a URL of an installed driver"
        ) from exc
    except OSError as exc:
        raise DatabaseUnusableError(url, exc.strerror or str(exc), remedy="name a folder that can be written") from exc
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite(busy))
        event.listen(engine, "begin", _begin_sqlite(begin))
    return engine


def _as_json(value: object) -> str:
    """JSON for a column; that of a message's data was made for its hash already."""
    return value.encoded if type(value) is Data else json.dumps(value)


def _prepare_sqlite(busy: timedelta) -> "Callable[[object, ConnectionPoolEntry], None]":
    def prepare(connection: "object", _entry: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions by its own rules: reads would then see no snapshot.
        connection.isolation_level = None  # type: ignore[attr-defined]
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA busy_timeout={busy // timedelta(milliseconds=1)}")
        cursor.execute("PRAGMA journal_mode=WAL")
        # What is committed here is trimmed from the stream, so it must survive a power cut.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return prepare


def _begin_sqlite(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin
