"""A flood of one requester ends at a bound of held actions, and leaves everybody else alone."""

import pytest

from exconn.keyspace import keys
from exconn.ledger import Limits, State, Stopped, TooManyHeldError, Window
from exconn.ledger.bounds import MOST_HELD
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene, a_wipe

LIMITS = Limits(breaker=(Window(10_000, AN_HOUR),), quota=(Window(2, AN_HOUR),), fleet_floor=10_000)


def flood(scene: Scene, held: int = MOST_HELD) -> list[str]:
    """So many held wipes of one requester, behind two that were let in."""
    jobs = [scene.insert(limits=LIMITS, requester="flood") for _ in range(held + 2)]
    return jobs[2:]


@pytest.mark.slow
def test_the_thousand_and_first_action_that_brakes_would_hold_is_refused_and_leaves_nothing(scene: Scene) -> None:
    flood(scene)
    before = scene.everything()

    with pytest.raises(TooManyHeldError, match="1000 actions of 'flood'"):
        scene.insert(limits=LIMITS, requester="flood")

    assert scene.everything() == before


@pytest.mark.slow
def test_one_more_is_taken_for_each_that_a_person_released_or_cancelled(scene: Scene) -> None:
    held = flood(scene)
    again = a_wipe("refused before", limits=LIMITS, requester="flood")
    with pytest.raises(TooManyHeldError):
        scene.ledger.insert(again)

    scene.ledger.release(CONNECTOR, held[:1], release_id="r1", by="boss")
    assert scene.ledger.insert(again).state == State.HELD
    scene.ledger.cancel(held[1], by="boss")
    assert scene.state(scene.insert(limits=LIMITS, requester="flood")) is State.HELD
    with pytest.raises(TooManyHeldError):
        scene.insert(limits=LIMITS, requester="flood")


def test_another_requester_and_another_organization_are_held_and_let_in_as_before(scene: Scene) -> None:
    flood(scene)

    wipes = [scene.insert(limits=LIMITS, requester="desk") for _ in range(3)]
    elsewhere = scene.insert(limits=LIMITS, requester="flood", organization="another")

    assert [scene.state(job_id) for job_id in wipes] == [State.QUEUED, State.QUEUED, State.HELD]
    assert scene.state(elsewhere) is State.QUEUED


@pytest.mark.slow
def test_one_within_the_limits_is_taken_however_many_are_held(scene: Scene) -> None:
    flood(scene)
    scene.client.delete(keys.quota_ahead(CONNECTOR, "flood"))

    assert scene.state(scene.insert(limits=LIMITS, requester="flood")) is State.QUEUED


def test_what_begin_holds_counts_too(scene: Scene) -> None:
    flood(scene, MOST_HELD - 1)
    full = Limits(breaker=(Window(10_000, AN_HOUR),), quota=(Window(0, AN_HOUR),), fleet_floor=10_000)
    lease = scene.let_in(limits=full, requester="flood")

    with pytest.raises(Stopped):
        scene.ledger.begin(lease)

    with pytest.raises(TooManyHeldError):
        scene.insert(limits=LIMITS, requester="flood")
