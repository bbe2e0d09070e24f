"""Receiving a request costs the ledger's server few round trips, as each is time that a requester waits."""

from dataclasses import replace

import pytest
import redis

from exconn.contracts import Answer, DeviceFact
from exconn.contracts.request import Target
from exconn.doorbell import Bell, first_doorbell
from exconn.intake.known_devices import DevicesInRegister
from exconn.intake.receive import Receiver
from exconn.signing import sign
from tests.support.network.round_trips import RoundTrips
from tests.support.requests.receiving import ANNA, IntakeScene
from tests.support.requests.signed import SHOWN, request_of
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
    context = replace(counted.context, devices=DevicesInRegister(counted.client), doorbell=first_doorbell)
    return Receiver(context, Bell(trips.client(text=False)))


def answer_to(receiver: Receiver, device: str, device_type: str = "iPhone", client: str = "native") -> Answer:
    shown = {**SHOWN, "device_id": "ID", "device_type": device_type, "client": client}
    request = request_of(target=Target(device=device), shown=shown)
    return receiver.receive(sign(request, ANNA).model_dump_json(), way="http")


def received(receiver: Receiver, device: str) -> str:
    return answer_to(receiver, device).status


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


def test_which_client_a_device_is_costs_a_round_trip_only_now_and_then(
    redis_client: redis.Redis, redis_url: str, receiver: Receiver, trips: RoundTrips
) -> None:
    services = [phone.model_copy(update={"device_type": "OutlookService"}) for phone in PHONES]
    discover(redis_client, redis_url, services)
    trips.since()
    as_seen = ("OutlookService", "outlook_service")
    first = answer_to(receiver, services[0].guid, *as_seen)
    trips.since()

    again = answer_to(receiver, services[1].guid, *as_seen)

    assert trips.since() == 3
    assert first.details == again.details == {"expected_hold": "use_intune"}
