"""The read model on each database that it promises to run on."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url

from exconn.monitor.database import open_database
from tests.support.machine import postgres
from tests.support.machine.real_parts import require

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server, by the URL of its first database."""
    require(postgres.is_installed(), "PostgreSQL", "install the package postgresql")
    with postgres.postgresql() as url:
        yield url


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The URL of a database that is empty, and gone afterwards."""
    name = f"test_{next(_NUMBERS)}"
    administrator = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with administrator.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        with administrator.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        administrator.dispose()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """An empty database of a PostgreSQL server."""
    with new_database(postgresql_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'monitor.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty read model."""
    opened = open_database(database_url, migrate=True)
    yield opened
    opened.dispose()
