"""How many actions a requester may have open in an organization, held ones among them: more are refused."""

import pytest

from exconn.contracts import Checks, HoldReason
from exconn.ledger import Limits, State, TooManyOpenError, Window
from exconn.ledger.bounds import LEAST_OPEN, OPEN_PER_QUOTA
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene, a_wipe

WIDE = (Window(10_000, AN_HOUR),)
LIMITS = Limits(breaker=WIDE, quota=(Window(2, AN_HOUR),), fleet_floor=10_000)


def flood(scene: Scene) -> list[str]:
    """As many wipes as one requester may have open: two that were let in, and held ones."""
    return [scene.insert(limits=LIMITS, requester="flood") for _ in range(LEAST_OPEN)]


def test_one_more_than_a_requester_may_have_open_is_refused_and_leaves_nothing(scene: Scene) -> None:
    flood(scene)
    before = scene.everything()

    with pytest.raises(TooManyOpenError, match=f"'flood' has {LEAST_OPEN} open actions"):
        scene.insert(limits=LIMITS, requester="flood", device="a phone")

    assert scene.everything() == before


def test_one_more_is_taken_for_each_that_ended_and_none_for_one_that_was_released(scene: Scene) -> None:
    made = flood(scene)
    again = a_wipe("refused before", limits=LIMITS, requester="flood")

    scene.ledger.release(CONNECTOR, made[-1:], release_id="r1", by="boss")
    with pytest.raises(TooManyOpenError):
        scene.ledger.insert(again)
    scene.ledger.cancel(made[-1], by="boss")
    assert scene.ledger.insert(again).state == State.HELD

    scene.ledger.settle(scene.claim(made[0]), "succeeded")
    assert scene.state(scene.insert(limits=LIMITS, requester="flood")) is not State.SETTLED
    with pytest.raises(TooManyOpenError):
        scene.insert(limits=LIMITS, requester="flood")


def test_it_grows_with_the_largest_quota(scene: Scene) -> None:
    quota = (Window(2, AN_HOUR), Window(6, 24 * AN_HOUR))
    limits = Limits(breaker=WIDE, quota=quota, fleet_floor=10_000)
    for _ in range(OPEN_PER_QUOTA * 6):
        scene.insert(limits=limits)

    with pytest.raises(TooManyOpenError):
        scene.insert(limits=limits)


def test_what_is_held_for_another_reason_and_what_the_switch_stopped_counts_too(scene: Scene) -> None:
    wide = Limits(breaker=WIDE, quota=(Window(5, AN_HOUR),), fleet_floor=10_000)
    scene.ledger.hold(scene.inserted_and_claimed(limits=wide), HoldReason.NO_MAILBOX)
    scene.paused()

    for _ in range(LEAST_OPEN - 2):
        scene.insert(limits=wide)
    with pytest.raises(TooManyOpenError):
        scene.insert(limits=wide)


def test_blocks_and_wipes_count_together_and_an_allow_as_well(scene: Scene) -> None:
    for checks in (Checks.ACCESS, Checks.ALLOW, Checks.ERASE, Checks.DISCONNECT) * (LEAST_OPEN // 4):
        scene.insert(limits=LIMITS, checks=checks)

    with pytest.raises(TooManyOpenError):
        scene.insert(limits=LIMITS, checks=Checks.ALLOW)


def test_another_requester_and_another_organization_are_taken_as_before(scene: Scene) -> None:
    flood(scene)

    wipes = [scene.insert(limits=LIMITS, requester="desk") for _ in range(3)]
    elsewhere = scene.insert(limits=LIMITS, requester="flood", organization="another")

    assert [scene.state(job_id) for job_id in wipes] == [State.QUEUED, State.QUEUED, State.HELD]
    assert scene.state(elsewhere) is State.QUEUED


def test_what_is_no_action_is_not_counted(scene: Scene) -> None:
    for _ in range(LEAST_OPEN + 1):
        scene.insert(limits=LIMITS, checks=Checks.NONE)
