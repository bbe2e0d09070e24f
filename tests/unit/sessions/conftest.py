"""A pool on the bench, closed at the end of its test."""

from collections.abc import Iterator

import pytest

from tests.unit.sessions.pool_bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.pool.close()
