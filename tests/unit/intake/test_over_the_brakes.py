"""What a requester is told who asks for more than the brakes let through."""

import pytest

from exconn.contracts import Answer, HoldReason
from exconn.contracts.refusals import REFUSALS, Refusal
from exconn.contracts.request import RequestKind, Target
from exconn.intake.admit import admit
from exconn.intake.context import KnownDevice
from exconn.keyspace import keys
from exconn.ledger import State
from exconn.ledger.bounds import MOST_HELD
from exconn.signing import sign
from tests.support.requests.receiving import ANNA, BERT, IntakeScene
from tests.support.requests.signed import organization_of, request_of


def phone(scene: IntakeScene, number: int) -> Target:
    guid = f"22222222-2222-3333-4444-{number:012d}"
    scene.devices[guid] = KnownDevice()
    return Target(device=guid)


@pytest.fixture
def company(scene: IntakeScene) -> IntakeScene:
    """A fleet so large that only quotas stop three wipes."""
    scene.client.set(keys.fleet("north"), 5_000)
    return scene


def ask(scene: IntakeScene, number: int, requester: str = "anna") -> Answer:
    return scene.ask(requester=requester, target=phone(scene, number))


def test_the_sixth_wipe_within_an_hour_is_accepted_as_held_and_another_person_releases_it(company: IntakeScene) -> None:
    answers = [ask(company, number) for number in range(6)]

    assert {answer.status for answer in answers} == {"accepted"}
    assert [answer.state for answer in answers] == ["queued"] * 5 + ["held"]
    held = company.ledger.job(answers[5].job or "")
    assert held is not None
    assert held.reason == HoldReason.QUOTA
    target = Target(jobs=(held.id,))
    assert company.ask(RequestKind.RELEASE, target=target).error == "second_person"
    assert company.ask(RequestKind.RELEASE, requester="bert", target=target).details == {
        "released": [held.id],
        "count": 1,
    }


def test_no_doorbell_is_rung_for_a_held_one_and_the_same_bytes_get_the_same_answer(company: IntakeScene) -> None:
    for number in range(5):
        ask(company, number)
    envelope = sign(request_of(target=phone(company, 5)), ANNA).model_dump_json()

    first, second = admit(envelope, company.context), admit(envelope, company.context)

    assert first.ring is None
    assert first.answer == second.answer
    assert first.answer.state == "held"


def test_three_wipes_of_a_small_fleet_are_let_in_whoever_asks_and_the_fourth_is_held(scene: IntakeScene) -> None:
    states = [ask(scene, number, ("anna", "bert")[number % 2]).state for number in range(4)]

    assert states == ["queued"] * 3 + ["held"]


@pytest.fixture
def flooded(company: IntakeScene) -> IntakeScene:
    """Anna has as many held actions as she may."""
    for number in range(5):
        ask(company, number)
    company.client.zadd(
        keys.held(organization_of("north"), "anna"), {f"wipe-{number}": 1 for number in range(MOST_HELD)}
    )
    return company


def test_a_flood_is_refused_above_its_bound_and_taken_later_with_the_same_bytes(flooded: IntakeScene) -> None:
    envelope = sign(request_of(target=phone(flooded, 9)), ANNA).model_dump_json()

    refused = admit(envelope, flooded.context).answer

    assert (refused.status, refused.error, refused.job) == ("refused", Refusal.TOO_MANY_HELD, None)
    assert f"{MOST_HELD:,}" in REFUSALS[Refusal.TOO_MANY_HELD].meaning
    assert "exconn brakes show" in (refused.remedy or "")
    flooded.client.zrem(keys.held(organization_of("north"), "anna"), "wipe-0")
    assert admit(envelope, flooded.context).answer.state == State.HELD


def test_the_flood_of_one_refuses_nothing_of_another(flooded: IntakeScene) -> None:
    envelope = sign(request_of(target=phone(flooded, 9), requester="bert"), BERT).model_dump_json()

    assert admit(envelope, flooded.context).answer.status == "accepted"
