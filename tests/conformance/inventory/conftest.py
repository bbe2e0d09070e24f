"""Every rule of the register is tried on a real server, emptied for each test."""

import pytest
import redis

from tests.conformance.inventory.scene import Scene


@pytest.fixture
def scene(redis_client: redis.Redis, redis_bytes: redis.Redis) -> Scene:
    return Scene(redis_client, redis_bytes)
