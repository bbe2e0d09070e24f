"""Breaker, quota and grants: how much begins, and what a person lets through.

Each of it holds for what is held as it is asked for, and for what `begin` holds of what was let in.
"""

from datetime import timedelta

import pytest
import redis

from exconn.contracts import Checks, HoldReason
from exconn.keyspace import keys
from exconn.ledger import IllegalCallError, Lease, Limits, Proven, State, Stopped, Window
from exconn.stream import Number
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, SOON, Scene
from tests.support.machine.processes import wait_until

MANY = (Window(10_000, AN_HOUR),)


def breaker(limit: int, span: timedelta = AN_HOUR, fleet_floor: int = 10_000, **fleet: float) -> Limits:
    return Limits(breaker=(Window(limit, span),), quota=MANY, fleet_floor=fleet_floor, **fleet)


def quota(limit: int, span: timedelta = AN_HOUR) -> Limits:
    return Limits(breaker=MANY, quota=(Window(limit, span),), fleet_floor=10_000)


class BrakedScene(Scene):
    """The stage, and whether the limits come with a job, or to it when insert has let it in."""

    insert_looks = True


@pytest.fixture(params=[True, False], ids=["insert", "begin"])
def scene(redis_client: redis.Redis, request: pytest.FixtureRequest) -> BrakedScene:
    made = BrakedScene(redis_client)
    made.insert_looks = request.param
    made.resume()
    return made


def attempt(scene: BrakedScene, *, limits: Limits, **changes: object) -> tuple[str, str]:
    """A new job and what was made of it: begun, or held."""
    if not scene.insert_looks:
        lease = scene.let_in(limits=limits, **changes)
        return lease.job_id, again(scene, lease)
    job_id = scene.insert(limits=limits, **changes)
    job = scene.job(job_id)
    return job_id, f"held: {job.reason}" if job.state is State.HELD else again(scene, scene.claim(job_id))


def again(scene: BrakedScene, lease: Lease) -> str:
    try:
        scene.ledger.begin(lease, proven=Proven(grant=scene.job(lease.job_id).grant))
    except Stopped as stopped:
        return f"{stopped.outcome}: {stopped.reason}"
    return "begun"


def attempts(scene: BrakedScene, number: int, *, limits: Limits, **changes: object) -> list[str]:
    return [attempt(scene, limits=limits, **changes)[1] for _ in range(number)]


def test_the_breaker_lets_its_limit_through_and_holds_the_rest(scene: BrakedScene) -> None:
    assert attempts(scene, 5, limits=breaker(3)) == ["begun"] * 3 + ["held: breaker"] * 2


def test_the_quota_lets_its_limit_through_per_requester(scene: BrakedScene) -> None:
    assert attempts(scene, 3, limits=quota(2), requester="hr") == ["begun", "begun", "held: quota"]
    assert attempts(scene, 3, limits=quota(2), requester="desk") == ["begun", "begun", "held: quota"]


@pytest.mark.slow
def test_each_window_counts_for_itself(scene: BrakedScene) -> None:
    windows = (Window(2, timedelta(seconds=1)), Window(3, AN_HOUR))
    limits = Limits(breaker=windows, quota=MANY, fleet_floor=10_000)
    assert attempts(scene, 3, limits=limits) == ["begun", "begun", "held: breaker"]

    wait_until(lambda: attempt(scene, limits=limits)[1] == "begun", SOON, "the short window to pass")

    assert attempts(scene, 1, limits=limits) == ["held: breaker"]


def test_a_share_of_the_fleet_cuts_the_limit(scene: BrakedScene) -> None:
    scene.client.set(keys.fleet(CONNECTOR), 500)
    limits = breaker(50, fleet_share=0.01, fleet_floor=3)

    assert attempts(scene, 6, limits=limits) == ["begun"] * 5 + ["held: breaker"]


@pytest.mark.parametrize(
    "fleet", [None, 0, 12, "many", "", "inf", "nan", "1e9", "0xfffff", "9" * 10, " 5000", "5000 x"]
)
def test_a_small_or_unknown_fleet_leaves_the_floor(scene: BrakedScene, fleet: int | str | None) -> None:
    if fleet is not None:
        scene.client.set(keys.fleet(CONNECTOR), fleet)
    limits = breaker(50, fleet_share=0.01, fleet_floor=3)

    assert attempts(scene, 4, limits=limits) == ["begun"] * 3 + ["held: breaker"]


def test_a_large_fleet_does_not_raise_the_limit(scene: BrakedScene) -> None:
    scene.client.set(keys.fleet(CONNECTOR), 1_000_000)

    assert attempts(scene, 3, limits=breaker(2, fleet_share=0.01, fleet_floor=1))[-1] == "held: breaker"


def test_erase_and_disconnect_are_counted_apart(scene: BrakedScene) -> None:
    assert attempts(scene, 3, limits=breaker(2), checks=Checks.ERASE)[-1] == "held: breaker"

    assert attempts(scene, 3, limits=breaker(2), checks=Checks.DISCONNECT) == ["begun", "begun", "held: breaker"]


@pytest.mark.parametrize("checks", [Checks.NONE, Checks.ACCESS, Checks.ALLOW, Checks.POLICY])
def test_what_neither_erases_nor_disconnects_passes_the_breaker(scene: BrakedScene, checks: Checks) -> None:
    assert attempts(scene, 3, limits=breaker(1), checks=checks) == ["begun"] * 3


NOT_COUNTED = {Checks.NONE, Checks.POLICY}


@pytest.mark.parametrize("checks", Checks)
def test_the_quota_counts_what_a_requester_asks_of_devices(scene: BrakedScene, checks: Checks) -> None:
    second = attempts(scene, 2, limits=quota(1), checks=checks)[-1]

    assert second == ("begun" if checks in NOT_COUNTED else "held: quota")


def test_beginning_again_takes_no_second_token(scene: BrakedScene) -> None:
    limits = Limits(breaker=(Window(2, AN_HOUR),), quota=(Window(2, AN_HOUR),), fleet_floor=10_000)
    lease = scene.inserted_and_claimed(limits=limits)
    for _ in range(3):
        scene.ledger.begin(lease)
        scene.ledger.defer(lease, timedelta(0))
        lease = scene.claim(lease.job_id)

    assert attempts(scene, 2, limits=limits) == ["begun", "held: quota"]


@pytest.mark.parametrize("limits", [breaker(1), quota(1)], ids=["breaker", "quota"])
def test_beginning_again_passes_brakes_that_are_full_by_now(scene: BrakedScene, limits: Limits) -> None:
    lease = scene.inserted_and_claimed(limits=limits)
    scene.ledger.begin(lease)
    assert attempts(scene, 1, limits=limits)[0].startswith("held")

    assert again(scene, lease) == "begun"


def test_beginning_again_counts_from_when_it_began_first(scene: BrakedScene) -> None:
    tokens = (keys.brake(CONNECTOR, "erase"), keys.quota(CONNECTOR, "desk"))
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease)
    earlier = scene.ledger.time().timestamp() * 1000 // 1 - 60_000
    for name in tokens:
        scene.client.zadd(name, {lease.job_id: earlier})

    scene.ledger.begin(lease)

    assert [scene.client.zscore(name, lease.job_id) for name in tokens] == [earlier, earlier]


def test_a_held_job_has_taken_no_token(scene: BrakedScene) -> None:
    limits = Limits(breaker=(Window(1, AN_HOUR),), quota=(Window(2, AN_HOUR),), fleet_floor=10_000)
    attempts(scene, 3, limits=limits)

    assert scene.client.zcard(keys.brake(CONNECTOR, "erase")) == 1
    assert scene.client.zcard(keys.quota(CONNECTOR, "desk")) == 1


@pytest.mark.parametrize("limits", [breaker(1), quota(1)], ids=["breaker", "quota"])
def test_a_release_lets_exactly_the_named_jobs_through(scene: BrakedScene, limits: Limits) -> None:
    held = [attempt(scene, limits=limits)[0] for _ in range(4)][1:]

    released = scene.ledger.release(CONNECTOR, held[:2], release_id="r1", by="boss")

    assert released == held[:2]
    assert [again(scene, scene.claim(job_id)) for job_id in released] == ["begun", "begun"]
    assert scene.state(held[2]) is State.HELD
    assert attempts(scene, 1, limits=limits)[0].startswith("held")


def test_a_release_tells_what_the_job_was_held_for(scene: BrakedScene) -> None:
    job_id = [attempt(scene, limits=breaker(1))[0] for _ in range(2)][1]

    scene.ledger.release(CONNECTOR, [job_id], release_id="r1", by="boss")

    message = scene.messages(job_id)[-1]
    assert (message.by, message.data) == ("boss", {"release": "r1", "held_for": "breaker"})
    assert scene.job(job_id).reason == ""


def test_a_released_job_takes_its_tokens(scene: BrakedScene) -> None:
    job_id = [attempt(scene, limits=breaker(1))[0] for _ in range(2)][1]
    scene.ledger.release(CONNECTOR, [job_id], release_id="r1", by="boss")

    again(scene, scene.claim(job_id))

    assert scene.client.zcard(keys.brake(CONNECTOR, "erase")) == 2


def test_a_grant_counts_once_for_an_action(scene: BrakedScene) -> None:
    job_id = [attempt(scene, limits=breaker(1))[0] for _ in range(2)][1]
    scene.ledger.release(CONNECTOR, [job_id], release_id="r1", by="boss")
    lease = scene.claim(job_id)
    assert again(scene, lease) == "begun"
    scene.ledger.hold(lease, HoldReason.BREAKER)
    scene.client.delete(keys.brake(CONNECTOR, "erase"))
    assert attempts(scene, 1, limits=breaker(1)) == ["begun"]

    scene.ledger.release(CONNECTOR, [job_id], release_id="r2", by="boss")

    assert again(scene, scene.claim(job_id)) == "held: breaker"


def test_a_grant_that_no_worker_has_verified_does_not_pass_the_brakes_and_is_told(scene: BrakedScene) -> None:
    job_id = [attempt(scene, limits=breaker(1))[0] for _ in range(2)][1]
    scene.ledger.release(CONNECTOR, [job_id], release_id="r1", by="boss", grant="written by somebody")
    lease = scene.claim(job_id)

    with pytest.raises(Stopped, match="breaker"):
        scene.ledger.begin(lease, proven=Proven(grant_part="signature"))

    assert [m.data for m in scene.messages(job_id) if m.number == Number.GRANT_NOT_SIGNED] == [{"part": "signature"}]
    scene.ledger.release(CONNECTOR, [job_id], release_id="r2", by="boss", grant="signed")
    scene.ledger.begin(scene.claim(job_id), proven=Proven(grant="signed"))
    assert scene.job(job_id).begun == 1


def test_a_release_for_another_reason_grants_nothing(scene: BrakedScene) -> None:
    attempt(scene, limits=breaker(1))
    lease = scene.let_in(limits=breaker(1))
    scene.ledger.hold(lease, HoldReason.PARTNERSHIP_DIFFERS)

    scene.ledger.release(CONNECTOR, [lease.job_id], release_id="r1", by="boss")

    assert scene.ledger.claim(lease.job_id, "two") is None
    assert (scene.state(lease.job_id), scene.job(lease.job_id).reason) == (State.HELD, HoldReason.BREAKER)


def test_a_release_names_only_held_jobs_of_its_connector(scene: BrakedScene) -> None:
    held, _ = attempt(scene, limits=breaker(0, fleet_floor=0))
    running = scene.insert()
    scene.resume("branch")
    elsewhere, refused = attempt(scene, connector="branch", limits=breaker(0, fleet_floor=0))
    assert refused == "held: breaker"

    released = scene.ledger.release(
        CONNECTOR, [running, held, elsewhere, "wipe-aaaaaaaaaaaaaaaa"], release_id="r1", by="boss"
    )

    assert released == [held]
    assert scene.ledger.release(CONNECTOR, [held], release_id="r1", by="boss") == []


def test_more_names_than_a_script_may_touch_are_refused(scene: BrakedScene) -> None:
    with pytest.raises(ValueError, match="at most 500"):
        scene.ledger.release(CONNECTOR, [f"wipe-{n}" for n in range(501)], release_id="r1", by="boss")


@pytest.mark.parametrize("limits", [breaker(0, fleet_floor=0), quota(0)], ids=["breaker", "quota"])
def test_a_retry_does_not_get_around_a_brake(scene: BrakedScene, limits: Limits) -> None:
    job_id, _ = attempt(scene, limits=limits)

    with pytest.raises(IllegalCallError):
        scene.ledger.retry(job_id, by="boss")

    assert scene.state(job_id) is State.HELD


@pytest.mark.parametrize("limits", [breaker(0, fleet_floor=0), quota(0)], ids=["breaker", "quota"])
def test_a_daily_look_does_not_get_around_a_brake(scene: BrakedScene, limits: Limits) -> None:
    job_id, _ = attempt(scene, limits=limits)

    assert not scene.ledger.look_again(job_id)

    assert scene.state(job_id) is State.HELD


def test_a_connector_under_another_name_finds_the_brakes_of_its_organization_as_they_are(scene: BrakedScene) -> None:
    two = breaker(2)
    assert attempts(scene, 2, connector="hq", limits=two, organization="4f5d") == ["begun"] * 2
    scene.resume("hq2")

    assert attempts(scene, 1, connector="hq2", limits=two, organization="4f5d") == ["held: breaker"]
    assert attempts(scene, 1, connector="hq2", limits=two, organization="another") == ["begun"]


def test_a_job_that_looks_back_less_far_forgets_no_tokens_of_others(scene: BrakedScene) -> None:
    assert attempts(scene, 2, limits=breaker(2)) == ["begun"] * 2
    brief = breaker(10, timedelta(milliseconds=1))
    wait_until(lambda: attempt(scene, limits=brief)[1] == "begun", SOON, "a job with a short window to begin")

    assert scene.client.zcard(keys.brake(CONNECTOR, "erase")) >= 3
    assert attempts(scene, 1, limits=breaker(2)) == ["held: breaker"]


@pytest.mark.parametrize("tight", ["own", "now"])
def test_the_stricter_of_the_limits_of_a_job_and_those_of_now_holds(redis_client: redis.Redis, tight: str) -> None:
    scene = Scene(redis_client)
    scene.resume()
    scene.ledger.begin(scene.let_in(limits=breaker(100)))
    own, now = (breaker(1), breaker(100)) if tight == "own" else (breaker(100), breaker(1))

    lease = scene.let_in(limits=own)
    with pytest.raises(Stopped) as stopped:
        scene.ledger.begin(lease, limits=now)

    assert (stopped.value.outcome, stopped.value.reason) == ("held", HoldReason.BREAKER)


def test_what_a_person_released_begins_though_limits_were_tightened_since(redis_client: redis.Redis) -> None:
    scene = Scene(redis_client)
    scene.resume()
    scene.ledger.begin(scene.let_in(limits=breaker(100)))
    lease = scene.let_in(limits=breaker(1))
    with pytest.raises(Stopped):
        scene.ledger.begin(lease)
    scene.ledger.release(CONNECTOR, [lease.job_id], release_id="r", by="boss")

    scene.ledger.begin(scene.claim(lease.job_id), limits=breaker(1), proven=Proven(grant="r"))

    assert scene.job(lease.job_id).begun == 1
