"""Opening the database of the read model: SQLite in WAL mode on one node, another server by URL."""

from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from exconn.monitor.errors import DatabaseUnreachableError, DatabaseUnusableError
from exconn.monitor.tables import SCHEMA, metadata, model

#: How long a writer waits for another one, in milliseconds.
BUSY_MS = 5000
#: How long a database server may take to answer, in whole seconds as its driver wants them.
CONNECT_SECONDS = 5


def open_database(url: str) -> Engine:
    """The engine, with all tables present. Raises DatabaseUnusableError or DatabaseUnreachableError."""
    engine = _engine(url)
    try:
        _prepare(engine)
    except (DatabaseUnusableError, DatabaseUnreachableError):
        engine.dispose()
        raise
    return engine


def _prepare(engine: Engine) -> None:
    shown = engine.url.render_as_string(hide_password=True)
    try:
        _create(engine)
        with engine.begin() as connection:
            found = _stored_schema(connection)
    except OperationalError as exc:
        detail = str(exc.orig).partition("\n")[0]
        if engine.dialect.name == "sqlite":
            raise DatabaseUnusableError(shown, detail, remedy="name a file in a folder that can be written") from exc
        raise DatabaseUnreachableError(shown, detail) from exc
    except SQLAlchemyError as exc:
        detail = str(exc).partition("\n")[0]
        raise DatabaseUnusableError(shown, detail, remedy="name an empty database or the monitor's own") from exc
    if found != SCHEMA:
        remedy = f"upgrade the monitor, or start with a new database (this version writes schema {SCHEMA})"
        raise DatabaseUnusableError(shown, f"its schema is {found}", remedy=remedy)


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        remote = parsed.get_backend_name() != "sqlite"
        waits = {"connect_timeout": CONNECT_SECONDS} if parsed.get_backend_name() == "postgresql" else {}
        engine = create_engine(parsed, pool_pre_ping=remote, connect_args=waits)
    except (ArgumentError, NoSuchModuleError, ImportError) as exc:
        # The URL may hold a password and does not parse, so it is not repeated.
        raise DatabaseUnusableError(
            "it", str(exc).partition("\n")[0].replace(url, "***"), remedy="name a path or a URL of an installed driver"
        ) from exc
    except OSError as exc:
        raise DatabaseUnusableError(url, exc.strerror or str(exc), remedy="name a folder that can be written") from exc
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: "object", _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions by its own rules: reads would then see no snapshot.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    # What is committed here is trimmed from the stream, so it must survive a power cut.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _create(engine: Engine) -> None:
    try:
        metadata.create_all(engine)
    except DatabaseError:
        # Another monitor may have created them between the look and the create.
        metadata.create_all(engine)


def _stored_schema(connection: Connection) -> int:
    found = connection.execute(select(model.c.schema)).scalar()
    if found is None:
        connection.execute(insert(model).values(schema=SCHEMA))
        return SCHEMA
    return int(found)
