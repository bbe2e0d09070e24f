"""Receiving a request costs the ledger's server few round trips, as each is time that a requester waits."""

from dataclasses import replace

import pytest
import redis

from exconn.contracts import DeviceFact
from exconn.contracts.request import Target
from exconn.doorbell import Bell, first_doorbell
from exconn.intake.known_devices import DevicesInRegister
from exconn.intake.receive import Receiver
from exconn.signing import sign
from tests.support.network.round_trips import RoundTrips
from tests.support.requests.receiving import ANNA, IntakeScene
from tests.support.requests.signed import request_of
from tests.support.system.intake import discover

PHONES = [
    DeviceFact(guid=f"{number:08}-2222-3333-4444-555555555555", name="phone", device_id="ID", device_type="iPhone")
    for number in range(2)
]


@pytest.fixture
def trips(redis_url: str) -> RoundTrips:
    return RoundTrips(redis_url)


@pytest.fixture
def receiver(scene: IntakeScene, trips: RoundTrips) -> Receiver:
    counted = IntakeScene(trips.client(), scene.registry)
    context = replace(counted.context, devices=DevicesInRegister(), doorbell=first_doorbell)
    return Receiver(context, Bell(trips.client(text=False)))


def received(receiver: Receiver, device: str) -> str:
    request = request_of(target=Target(device=device))
    return receiver.receive(sign(request, ANNA).model_dump_json(), way="http").status


def test_a_wipe_is_received_in_three_round_trips(
    redis_client: redis.Redis, redis_url: str, receiver: Receiver, trips: RoundTrips
) -> None:
    discover(redis_client, redis_url, PHONES)
    received(receiver, PHONES[0].guid)  # reads the definition, which is kept from then on
    trips.since()

    status = received(receiver, PHONES[1].guid)

    assert status == "accepted"
    assert trips.since() == 3
    assert redis_client.llen("exconn.actions.north") == 2
