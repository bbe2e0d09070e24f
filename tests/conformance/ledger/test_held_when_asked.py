"""What is over a limit when it is asked for is held at once, with no worker; what may have a place is let in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis

from exconn.contracts import Checks, HoldReason, Service, queue_of
from exconn.doorbell import first_doorbell
from exconn.keyspace import keys
from exconn.ledger import Inserted, Ledger, Limits, Proven, State, Stopped, Window
from exconn.stream import Number
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene, a_wipe
from tests.support.jobs.new_wipes import OPEN_BRAKES

WIDE = (Window(10_000, AN_HOUR),)
QUOTA = Limits(breaker=WIDE, quota=(Window(2, AN_HOUR),), fleet_floor=10_000)
BREAKER = Limits(breaker=(Window(2, AN_HOUR),), quota=WIDE, fleet_floor=10_000)
EITHER = pytest.mark.parametrize("limits", [QUOTA, BREAKER], ids=["quota", "breaker"])
MINUTE = 60_000


def ask(scene: Scene, number: int, limits: Limits, **changes: object) -> list[str]:
    return [scene.insert(limits=limits, **changes) for _ in range(number)]


def reasons(scene: Scene, jobs: list[str]) -> list[str]:
    """Why each is held; empty for one that was let in."""
    return [scene.job(job_id).reason if scene.state(job_id) is State.HELD else "" for job_id in jobs]


def now_ms(scene: Scene) -> int:
    return int(scene.ledger.time().timestamp() * 1000)


@EITHER
def test_of_many_asked_for_at_once_the_limit_is_let_in_and_the_rest_held_though_no_worker_runs(
    scene: Scene, limits: Limits
) -> None:
    reason = "quota" if limits is QUOTA else "breaker"

    assert reasons(scene, ask(scene, 5, limits)) == ["", "", reason, reason, reason]


def test_the_held_ones_of_one_requester_hold_nothing_of_another(scene: Scene) -> None:
    ask(scene, 20, QUOTA, requester="a")

    assert reasons(scene, ask(scene, 3, QUOTA, requester="b")) == ["", "", "quota"]


def test_what_the_quota_holds_takes_no_place_of_the_breaker(scene: Scene) -> None:
    both = Limits(breaker=(Window(3, AN_HOUR),), quota=(Window(2, AN_HOUR),), fleet_floor=10)
    ask(scene, 9, both, requester="a")

    assert reasons(scene, ask(scene, 2, both, requester="b")) == ["", "breaker"]


@EITHER
def test_eight_that_ask_at_once_get_no_more_places_than_one(
    scene: Scene, limits: Limits, open_redis: Callable[..., redis.Redis]
) -> None:
    def flood(number: int) -> list[Inserted]:
        ledger = Ledger(open_redis())
        return [ledger.insert(a_wipe(f"{number}-{count}", limits=limits)) for count in range(20)]

    with ThreadPoolExecutor(8) as pool:
        made = [inserted for each in pool.map(flood, range(8)) for inserted in each]

    assert sum(inserted.state == State.QUEUED for inserted in made) == 2
    assert sum(inserted.state == State.HELD for inserted in made) == 158


def test_one_that_is_held_at_once_wakes_nobody(scene: Scene) -> None:
    ask(scene, 2, QUOTA)

    held = scene.ledger.insert(a_wipe("held", limits=QUOTA), first_doorbell)

    assert (held.created, held.state, held.ring, held.head) == (True, State.HELD, 0, False)
    assert scene.client.llen(queue_of(Service.ACTIONS, CONNECTOR)) == 0
    assert scene.client.zscore(keys.due("actions", CONNECTOR), held.job_id) is None
    assert scene.client.zscore(keys.rung("actions", CONNECTOR), held.job_id) is None


@EITHER
def test_it_is_held_and_recorded_as_one_that_begin_held(scene: Scene, limits: Limits) -> None:
    for lease in [scene.inserted_and_claimed(limits=limits) for _ in range(2)]:
        scene.ledger.begin(lease)
    late = scene.let_in(limits=limits)
    with pytest.raises(Stopped):
        scene.ledger.begin(late)

    (at_once,) = ask(scene, 1, limits)

    one, other = scene.job(at_once), scene.job(late.job_id)
    for name in ("state", "phase", "reason", "data", "subject", "wait", "due", "begun"):
        assert getattr(one, name) == getattr(other, name), name
    first, last = scene.messages(at_once)
    assert (first.number, first.state) == (Number.JOB_QUEUED, "queued")
    by_begin = scene.messages(late.job_id)[-1]
    for name in ("number", "state", "phase", "data", "severity", "text"):
        assert getattr(last, name) == getattr(by_begin, name), name
    assert last.sequence == first.sequence + 1


@EITHER
def test_a_release_lets_it_go_on_and_begin(scene: Scene, limits: Limits) -> None:
    held = ask(scene, 4, limits)[2]

    assert scene.ledger.release(CONNECTOR, [held], release_id="r1", by="boss") == [held]

    assert [ring.job_id for ring in scene.ledger.doorbells_due(CONNECTOR)] == [held]
    scene.ledger.begin(scene.claim(held), proven=Proven(grant="r1"))
    assert scene.job(held).begun == 1


def test_the_same_request_again_names_the_held_job_and_says_nothing_more(scene: Scene) -> None:
    ask(scene, 2, QUOTA)
    first = scene.ledger.insert(a_wipe("again", limits=QUOTA))
    before = scene.everything()

    second = scene.ledger.insert(a_wipe("again", limits=QUOTA))

    assert (second.job_id, second.created, second.state, second.ring) == (first.job_id, False, State.HELD, 0)
    assert scene.everything() == before


def put_off(scene: Scene, job_id: str) -> None:
    scene.ledger.defer(scene.claim(job_id), timedelta(hours=1))


def hold(scene: Scene, job_id: str) -> None:
    scene.ledger.hold(scene.claim(job_id), HoldReason.NO_MAILBOX)


def cancel(scene: Scene, job_id: str) -> None:
    scene.ledger.cancel(job_id, by="boss")


def find_gone(scene: Scene, job_id: str) -> None:
    scene.ledger.settle(scene.claim(job_id), "gone", phase="closed")


def stop_by_the_switch(scene: Scene, job_id: str) -> None:
    scene.ledger.pause(CONNECTOR, by="boss")
    assert scene.ledger.claim(job_id, "one") is None
    scene.resume()


def have_nobody_come_by(scene: Scene, job_id: str) -> None:
    for name in (keys.quota_ahead(CONNECTOR, "desk"), keys.brake_ahead(CONNECTOR, "erase")):
        scene.client.zadd(name, {job_id: now_ms(scene) - 16 * MINUTE})


@EITHER
@pytest.mark.parametrize("happens", [put_off, hold, cancel, find_gone, stop_by_the_switch, have_nobody_come_by])
def test_one_that_will_not_begin_now_keeps_nobody_out(
    scene: Scene, limits: Limits, happens: Callable[[Scene, str], None]
) -> None:
    first, _ = ask(scene, 2, limits)

    happens(scene, first)

    assert reasons(scene, ask(scene, 2, limits))[0] == ""
    assert reasons(scene, ask(scene, 1, limits)) != [""]


@EITHER
def test_what_has_begun_counts_once_and_as_long_as_its_window_lasts(scene: Scene, limits: Limits) -> None:
    for job_id in ask(scene, 2, limits):
        scene.ledger.begin(scene.claim(job_id))
    assert reasons(scene, ask(scene, 1, limits)) != [""]

    for name in (keys.quota(CONNECTOR, "desk"), keys.brake(CONNECTOR, "erase")):
        (oldest,) = scene.client.zrange(name, 0, 0)
        scene.client.zadd(name, {str(oldest): now_ms(scene) - 61 * MINUTE})

    assert reasons(scene, ask(scene, 2, limits))[0] == ""
    assert reasons(scene, ask(scene, 1, limits)) != [""]


def test_wipes_that_the_kill_switch_stopped_keep_no_phone_from_being_allowed(scene: Scene) -> None:
    scene.ledger.pause(CONNECTOR, by="boss")
    for job_id in ask(scene, 2, QUOTA):
        assert scene.ledger.claim(job_id, "one") is None

    (allow,) = ask(scene, 1, QUOTA, checks=Checks.ALLOW)

    scene.ledger.begin(scene.claim(allow))


@pytest.mark.parametrize("later", [{"parked": True}, {"delay": AN_HOUR}], ids=["credit", "time"])
def test_what_is_asked_for_later_is_left_to_begin_and_keeps_nobody_out(scene: Scene, later: dict[str, object]) -> None:
    assert {scene.state(job_id) for job_id in ask(scene, 3, QUOTA, **later)} == {State.WAITING}

    assert reasons(scene, ask(scene, 3, QUOTA)) == ["", "", "quota"]


def test_nothing_is_left_of_brakes_when_all_has_ended(scene: Scene) -> None:
    for job_id in ask(scene, 4, QUOTA):
        scene.ledger.cancel(job_id, by="boss")

    assert not [name for name in scene.everything() if "-ahead:" in name or ":held:" in name]


@EITHER
def test_who_empties_the_lists_of_what_is_ahead_and_held_lets_nothing_begin(scene: Scene, limits: Limits) -> None:
    jobs = []
    for _ in range(3):
        jobs += ask(scene, 1, limits)
        ahead = (keys.quota_ahead(CONNECTOR, "desk"), keys.brake_ahead(CONNECTOR, "erase"))
        scene.client.delete(*ahead, keys.held(CONNECTOR, "desk"))
    assert reasons(scene, jobs) == ["", "", ""]

    leases = [scene.claim(job_id) for job_id in jobs]
    for lease in leases[:2]:
        scene.ledger.begin(lease)
    with pytest.raises(Stopped):
        scene.ledger.begin(leases[2])


def test_limits_are_read_as_they_come_however_many_differ(scene: Scene) -> None:
    for number in range(250):
        limits = Limits(breaker=WIDE, quota=(Window(number, AN_HOUR),), fleet_floor=10_000)
        (job_id,) = ask(scene, 1, limits, requester=f"r{number}")
        assert (scene.state(job_id) is State.HELD) is (number == 0)
    assert scene.state(scene.insert(limits=OPEN_BRAKES)) is State.QUEUED
