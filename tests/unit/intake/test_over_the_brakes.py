"""What a requester is told who asks for more than the brakes let through."""

import pytest

from exconn.connector import Quota
from exconn.contracts import Answer, HoldReason
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import RequestKind, Target
from exconn.intake.admit import admit
from exconn.intake.context import KnownDevice
from exconn.keyspace import keys
from exconn.ledger import State
from exconn.ledger.bounds import OPEN_PER_QUOTA
from exconn.signing import sign
from tests.support.requests.receiving import ANNA, IntakeScene
from tests.support.requests.signed import request_of

#: Of one requester: so many times what its quota gives it a day.
MOST = OPEN_PER_QUOTA * Quota().per_day


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
    target = company.brake_target(held.id, HoldReason.QUOTA)
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
    """Anna has as many open actions as she may: five that were let in, and held ones."""
    for number in range(MOST):
        ask(company, number)
    return company


def test_a_flood_is_refused_above_its_bound_and_taken_later_with_the_same_bytes(flooded: IntakeScene) -> None:
    envelope = sign(request_of(target=phone(flooded, 99)), ANNA).model_dump_json()

    refused = admit(envelope, flooded.context).answer

    assert (refused.status, refused.error, refused.job) == ("refused", Refusal.TOO_MANY_OPEN, None)
    assert f"{MOST} open actions" in (refused.text or "")
    assert "exconn brakes show" in (refused.remedy or "")
    flooded.ledger.cancel(open_action(flooded, 50), by="bert")
    assert admit(envelope, flooded.context).answer.state == State.HELD


def test_the_flood_of_one_refuses_nothing_of_another(flooded: IntakeScene) -> None:
    assert ask(flooded, 99, "bert").status == "accepted"


def open_action(scene: IntakeScene, number: int) -> str:
    """The open action of a phone."""
    found = scene.client.hget(keys.open_actions("north"), f"22222222-2222-3333-4444-{number:012d}")
    assert found is not None
    return str(found)


def test_who_has_the_wipes_of_sixty_phones_held_keeps_nobody_from_wiping_one(company: IntakeScene) -> None:
    """What a stolen key that may only wipe could do before: hold up the wipe of a phone that was stolen."""
    for number in range(60):
        ask(company, number)
    in_its_way = open_action(company, 30)

    urgent = ask(company, 30, "bert")

    assert (urgent.status, urgent.state) == ("accepted", State.QUEUED)
    claim = company.ledger.claim(urgent.job or "", "worker")
    assert claim is not None
    company.ledger.begin(claim.lease)
    before = company.ledger.job(in_its_way)
    assert before is not None
    assert (before.outcome, before.data["superseded_by"]) == ("cancelled", urgent.job)


def test_where_the_breaker_is_full_the_refusal_names_the_release_that_has_it_wiped_all_the_same(
    scene: IntakeScene,
) -> None:
    for number in range(10):
        ask(scene, number)

    refused = ask(scene, 9, "bert")

    held = open_action(scene, 9)
    assert (refused.error, refused.job) == (Refusal.OPEN_ACTION, held)
    assert f"exconn brakes release {held}" in (refused.remedy or "")
    released = scene.ask(RequestKind.RELEASE, requester="bert", target=scene.brake_target(held))
    assert released.details == {"released": [held], "count": 1}
    claim = scene.ledger.claim(held, "worker")
    assert claim is not None
    scene.ledger.begin(claim.lease)
