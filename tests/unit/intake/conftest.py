"""The office that the tests of admission share."""

import pytest
import redis

from exconn.connector import parse_definition, sample_definition
from exconn.intake.context import KnownDevice
from exconn.signing.requesters import parse_registry
from tests.support.requests.receiving import ANNA, BERT, Office
from tests.support.requests.signed import DEVICE, registry_text


@pytest.fixture
def office(redis_client: redis.Redis) -> Office:
    office = Office(redis_client, parse_registry(registry_text({"anna": ANNA, "bert": BERT})))
    office.devices[DEVICE] = KnownDevice()
    office.store.apply(parse_definition(sample_definition("north")), "anna")
    office.store.set_installed("north", "an-organization", "discovery")
    office.store.arm("north", "actions", "actions")
    return office
