"""A request is for one deployment and, where it acts on a device, for one organization: elsewhere it is refused."""

import pytest

from exconn.contracts.request import Audience, RequestKind, Target
from exconn.intake.admit import admit
from exconn.intake.context import KnownDevice
from exconn.signing import sign
from tests.support.requests.receiving import ANNA, FINGERPRINT, IntakeScene
from tests.support.requests.signed import DEPLOYMENT, DEVICE, audience_of, organization_of, request_of

ELSEWHERE = Audience(deployment="elsewhere", organization=organization_of("north"))


@pytest.fixture(autouse=True)
def known_device(scene: IntakeScene) -> None:
    scene.devices[DEVICE] = KnownDevice(FINGERPRINT, make=3)


@pytest.mark.parametrize(
    "audience",
    [ELSEWHERE, audience_of("south"), audience_of("north", acts=False)],
    ids=["another deployment", "another organization", "no organization"],
)
@pytest.mark.parametrize("kind", [RequestKind.WIPE, RequestKind.BLOCK, RequestKind.ALLOW])
def test_an_action_that_was_signed_for_elsewhere_is_refused(
    scene: IntakeScene, kind: RequestKind, audience: Audience
) -> None:
    answer = scene.ask(kind, target=Target(device=DEVICE), audience=audience)

    assert (answer.status, answer.error) == ("refused", "wrong_audience")
    assert scene.ledger.unsettled("north") == set()


@pytest.mark.parametrize("kind", [RequestKind.PAUSE, RequestKind.RESUME, RequestKind.CONNECTOR_REMOVE])
def test_whatever_is_asked_of_another_deployment_is_refused(scene: IntakeScene, kind: RequestKind) -> None:
    assert scene.ask(kind, audience=Audience(deployment="elsewhere")).error == "wrong_audience"
    assert scene.ask(kind, audience=Audience(deployment=DEPLOYMENT)).status == "accepted"


def test_a_request_that_does_not_say_for_whom_it_is_is_refused_with_what_to_do(scene: IntakeScene) -> None:
    request = request_of().model_copy(update={"audience": None})

    answer = admit(sign(request, ANNA).model_dump_json(), scene.context).answer

    assert (answer.status, answer.error) == ("refused", "wrong_audience")
    assert DEPLOYMENT in (answer.remedy or "")


def test_an_organization_that_is_named_without_need_must_be_the_one_of_the_connector(scene: IntakeScene) -> None:
    assert scene.ask(RequestKind.PAUSE, audience=audience_of("south")).error == "wrong_audience"
    assert scene.ask(RequestKind.PAUSE, audience=audience_of("north")).status == "accepted"
