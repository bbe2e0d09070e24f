"""Every rule of the ledger is tried on a real server, emptied for each test."""

import pytest
import redis

from tests.conformance.ledger.scene import Scene


@pytest.fixture
def scene(redis_client: redis.Redis) -> Scene:
    """A running connector: the kill switch lets jobs through."""
    stage = Scene(redis_client)
    stage.resume()
    return stage
