"""An empty read model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from exconn.monitor.database import open_database


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path / 'monitor.db'}")
    yield opened
    opened.dispose()
