"""A request to act on a device says what was seen of it, and intake compares that with the register."""

import pytest

from exconn.contracts.request import RequestKind, Target
from exconn.intake.context import KnownDevice
from tests.support.requests.receiving import FINGERPRINT, OTHER_DEVICE, IntakeScene
from tests.support.requests.signed import DEVICE, SHOWN


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"owner": OTHER_DEVICE}, ["owner"]),
        ({"device_id": "DEVICEID0002"}, ["device_id"]),
        ({"device_type": "iPad"}, ["device_type"]),
        ({"client": "outlook"}, ["client_class"]),
        ({"owner": OTHER_DEVICE, "device_id": "X", "device_type": "WP8"}, ["owner", "device_id", "device_type"]),
    ],
)
@pytest.mark.parametrize("kind", [RequestKind.WIPE, RequestKind.BLOCK, RequestKind.ALLOW])
def test_a_device_that_is_not_the_one_that_was_seen_is_not_acted_on(
    scene: IntakeScene, kind: RequestKind, changed: dict[str, str], differs: list[str]
) -> None:
    scene.devices[DEVICE] = KnownDevice(FINGERPRINT, make=3)

    answer = scene.ask(kind, target=Target(device=DEVICE), shown={**SHOWN, **changed})

    assert (answer.status, answer.error, answer.details) == ("refused", "not_as_seen", {"differs": differs})
    assert scene.ledger.unsettled("north") == set()


def test_what_the_register_does_not_know_is_left_to_the_worker_to_compare(scene: IntakeScene) -> None:
    scene.devices[DEVICE] = KnownDevice(FINGERPRINT.model_copy(update={"mailbox": ""}))

    answer = scene.ask(shown={**SHOWN, "owner": OTHER_DEVICE, "device_type": "iPad", "owner_address": "x@y.example"})

    assert answer.status == "accepted"


def test_a_wipe_that_does_not_say_what_was_seen_is_refused_with_what_to_do(scene: IntakeScene) -> None:
    scene.devices[DEVICE] = KnownDevice(FINGERPRINT, make=3)

    answer = scene.ask(shown=None)

    assert (answer.status, answer.error) == ("refused", "bad_target")
    assert "target.seen" in (answer.remedy or "")
    assert scene.ask(RequestKind.BLOCK, target=Target(device=DEVICE), shown=None).status == "accepted"
