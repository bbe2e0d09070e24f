"""The intake that the tests of this folder share."""

import pytest
import redis

from exconn.connector import parse_definition, sample_definition
from exconn.intake.context import KnownDevice
from exconn.signing.requesters import parse_registry
from tests.support.requests.receiving import ANNA, BERT, IntakeScene
from tests.support.requests.signed import DEVICE, organization_of, registry_text


@pytest.fixture
def scene(redis_client: redis.Redis) -> IntakeScene:
    scene = IntakeScene(redis_client, parse_registry(registry_text({"anna": ANNA, "bert": BERT})))
    scene.devices[DEVICE] = KnownDevice()
    scene.store.apply(parse_definition(sample_definition("north")), "anna")
    scene.store.set_installed("north", organization_of("north"), "discovery")
    scene.store.arm("north", "actions", "actions")
    scene.store.pin("north", "intake")
    scene.ledger.resume("north", by="anna")
    return scene
