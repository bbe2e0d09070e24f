"""The read model on each database that it promises to run on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from exconn.monitor.database import open_database
from exconn.monitor.tables import metadata
from tests.support import postgres


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    if not postgres.is_installed():
        pytest.skip("PostgreSQL is missing: install the package postgresql")
    with postgres.postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty read model."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'monitor.db'}"
    else:
        url = request.getfixturevalue("postgresql_url")
    opened = open_database(url)
    yield opened
    metadata.drop_all(opened)
    opened.dispose()
