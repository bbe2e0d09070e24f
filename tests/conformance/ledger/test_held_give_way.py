"""A held action keeps nobody from what it was held for: the same request of somebody else takes its place."""

from datetime import timedelta

import pytest

from exconn.contracts import Checks, HoldReason, Kind
from exconn.keyspace import keys
from exconn.ledger import Limits, OpenActionError, State, Window
from exconn.stream import Number
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene
from tests.support.jobs.new_wipes import OPEN_BRAKES

WIDE = (Window(10_000, AN_HOUR),)
LIMITS = Limits(breaker=WIDE, quota=(Window(1, AN_HOUR),), fleet_floor=10_000)
PHONE = "phone-1"


def held(scene: Scene, **changes: object) -> str:
    """A wipe of the phone that its requester's quota holds."""
    wanted = {"limits": LIMITS, "requester": "hr", "valid_until": scene.ledger.time() + timedelta(hours=72)}
    scene.insert(limits=LIMITS, requester="hr")
    job_id = scene.insert(device=PHONE, **(wanted | changes))
    assert scene.state(job_id) is State.HELD
    return job_id


def ask(scene: Scene, **changes: object) -> str:
    wanted = {"limits": LIMITS, "requester": "bob", "valid_until": scene.ledger.time() + timedelta(hours=72)}
    return scene.insert(device=PHONE, **(wanted | changes))


def assert_refused(scene: Scene, before: str, *, is_held: bool = True, **changes: object) -> None:
    kept = scene.everything()
    with pytest.raises(OpenActionError) as refused:
        ask(scene, **changes)
    assert (refused.value.open_job, refused.value.is_held) == (before, is_held)
    assert scene.everything() == kept


def test_the_wipe_of_somebody_else_takes_the_place_of_a_held_one_and_begins(scene: Scene) -> None:
    before = held(scene)

    after = ask(scene)

    assert (scene.state(before), scene.job(before).outcome) == (State.SETTLED, "cancelled")
    last = scene.messages(before)[-1]
    assert (last.number, last.by, last.data["superseded_by"]) == (Number.JOB_CANCELLED, "intake", after)
    assert scene.client.hgetall(keys.open_actions(CONNECTOR)) == {PHONE: after}
    scene.ledger.begin(scene.claim(after))


def test_so_it_does_whatever_the_other_one_is_held_for(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(device=PHONE, requester="hr")
    scene.ledger.hold(lease, HoldReason.PARTNERSHIP_DIFFERS)

    after = ask(scene)

    assert (scene.job(lease.job_id).outcome, scene.state(after)) == ("cancelled", State.QUEUED)


def test_who_asks_twice_meets_the_open_action(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(device=PHONE, requester="hr")
    scene.ledger.hold(lease, HoldReason.PARTNERSHIP_DIFFERS)

    assert_refused(scene, lease.job_id, requester="hr", limits=OPEN_BRAKES)


def test_what_has_begun_stays(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(device=PHONE, requester="hr")
    scene.ledger.begin(lease)
    scene.ledger.hold(lease, HoldReason.UNPROVEN)

    assert_refused(scene, lease.job_id, is_held=False)


def test_what_was_let_in_stays(scene: Scene) -> None:
    before = scene.insert(device=PHONE, requester="hr")

    assert_refused(scene, before, is_held=False)


def test_a_wipe_gives_not_way_to_an_allow(scene: Scene) -> None:
    assert_refused(scene, held(scene), kind=Kind.ALLOW, checks=Checks.ALLOW)


def test_one_that_would_be_held_itself_takes_no_place(scene: Scene) -> None:
    before = held(scene)
    scene.insert(limits=LIMITS, requester="bob")

    assert_refused(scene, before)


def test_nor_does_one_that_the_kill_switch_would_stop(scene: Scene) -> None:
    before = held(scene)
    scene.ledger.pause(CONNECTOR, by="boss")

    assert_refused(scene, before)


def test_nor_one_that_ends_before_it_can_begin(scene: Scene) -> None:
    before = held(scene)

    assert_refused(scene, before, valid_until=scene.ledger.time() + timedelta(seconds=1))


def test_one_that_is_valid_as_long_as_the_held_one_takes_its_place_however_short(scene: Scene) -> None:
    soon = scene.ledger.time() + timedelta(minutes=10)
    before = held(scene, valid_until=soon)

    ask(scene, valid_until=soon)

    assert scene.job(before).outcome == "cancelled"
