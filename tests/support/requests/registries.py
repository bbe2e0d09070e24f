"""Later revisions of the registry of an intake, and the time that passes for what they bring."""

import json
from datetime import timedelta
from typing import cast

import redis

from exconn.connector import PendingChanges
from exconn.keyspace import keys
from exconn.signing import Registry
from exconn.signing.deployment_scope import EarlierDeployment
from exconn.signing.scopes import NEW_FOR_SINGLE, EarlierScope
from tests.support.requests.receiving import IntakeScene


def give(scene: IntakeScene, registry: Registry) -> None:
    """A later revision, which intake finds."""
    scene.registry = registry
    scene.context.trace.count(scene.context.registry(), by="intake")


def give_long_ago(scene: IntakeScene, registry: Registry) -> None:
    """A later revision, whatever is new in it known for long enough."""
    give(scene, registry)
    time_passes(scene, NEW_FOR_SINGLE)
    for change in PendingChanges(scene.client).of(""):
        scene.client.hdel(keys.CHANGES, change.id)


def time_passes(scene: IntakeScene, passed: timedelta) -> None:
    """What this intake's ledger knows of the registry counts that much sooner."""
    later(scene.client, passed)


def later(client: redis.Redis, passed: timedelta) -> None:
    """What a ledger knows of the registry counts that much sooner."""
    for field, value in cast("dict[str, str]", client.hgetall(keys.REGISTRY)).items():
        if field.startswith("key:") and value != "0":
            client.hset(keys.REGISTRY, field, str(int(value) - int(passed.total_seconds() * 1000)))
        if field.startswith("earlier:"):
            earlier = EarlierScope.model_validate_json(value)
            sooner = earlier.model_copy(update={"until": earlier.until - passed})
            client.hset(keys.REGISTRY, field, sooner.model_dump_json())
        if field == "held_back":
            held = [EarlierDeployment.model_validate(one) for one in json.loads(value)]
            sooner_all = [one.model_copy(update={"until": one.until - passed}) for one in held]
            client.hset(keys.REGISTRY, field, json.dumps([one.model_dump(mode="json") for one in sooner_all]))
