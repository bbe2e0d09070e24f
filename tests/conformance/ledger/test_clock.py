"""The clock of the ledger's server is set back or forward: decisions go on forward, and it is said."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exconn.coordinator.clock_watch import ClockWatch
from exconn.ledger import Ledger
from exconn.stream import Number
from tests.conformance.ledger.scene import SOON, Scene
from tests.support.machine.fake_clock import FakeClock, valkey_with_clock
from tests.support.machine.processes import wait_until

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
TICK = timedelta(milliseconds=50)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Scene, FakeClock]]:
    with valkey_with_clock(tmp_path / "faked") as (server, clock), server.client() as client:
        scene = Scene(client)
        scene.resume()
        yield scene, clock


def steps(scene: Scene) -> list[tuple[object, object]]:
    told = [message for message in scene.messages() if message.number == Number.CLOCK_STEPPED]
    return [(message.data["direction"], message.data["seconds"]) for message in told]


def test_an_hour_back_is_no_hour_more_for_leases_and_due_jobs(place: tuple[Scene, FakeClock]) -> None:
    scene, clock = place
    watch = ClockWatch(scene.ledger)
    watch.look(by="coordinator")
    before = scene.ledger.time()
    deferred = scene.inserted_and_claimed()
    scene.ledger.defer(deferred, TICK)

    clock.set_by(-HOUR)
    at_once = scene.ledger.time()
    watch.look(by="coordinator")
    doomed = scene.insert()
    scene.hasty.claim(doomed, "doomed")

    # Before a coordinator has looked it may have lost what passed since the look before.
    assert abs(at_once - before) < timedelta(seconds=5)
    wait_until(lambda: scene.ledger.time() > before + TICK * 4, SOON, "the ledger's clock to go on")
    assert scene.ledger.claim(deferred.job_id, "one") is not None
    assert scene.ledger.claim(doomed, "two") is not None
    assert steps(scene) == [("back", 3600)]


def test_a_clock_that_is_set_back_twice_does_not_run_back_before_the_next_look_either(
    place: tuple[Scene, FakeClock],
) -> None:
    scene, clock = place
    watch = ClockWatch(scene.ledger)
    watch.look(by="coordinator")
    before = scene.ledger.time()
    clock.set_by(-HOUR)
    watch.look(by="coordinator")
    clock.set_by(-2 * HOUR)

    assert scene.ledger.time() >= before


def test_an_hour_forward_is_followed_and_said_once_by_all_who_see_it(place: tuple[Scene, FakeClock]) -> None:
    scene, clock = place
    watches = [ClockWatch(scene.ledger) for _ in range(3)]
    for watch in watches:
        watch.look(by="coordinator")
    before = scene.ledger.time()

    clock.set_by(HOUR)
    for watch in (*watches, *watches):
        watch.look(by="coordinator")

    assert scene.ledger.time() - before >= HOUR - timedelta(seconds=1)
    assert steps(scene) == [("forward", 3600)]


def test_a_clock_that_is_corrected_by_seconds_is_no_alarm(place: tuple[Scene, FakeClock]) -> None:
    scene, clock = place
    watch = ClockWatch(scene.ledger)
    watch.look(by="coordinator")

    clock.set_by(timedelta(seconds=2))
    watch.look(by="coordinator")

    assert steps(scene) == []


def test_a_healthy_lease_that_a_step_forward_ended_stays_with_its_holder(place: tuple[Scene, FakeClock]) -> None:
    scene, clock = place
    ledger = Ledger(scene.client, lease=timedelta(seconds=15))
    ledger.beat("coordinator/here/1", within=timedelta(seconds=5))
    job_id = scene.insert()
    claim = ledger.claim(job_id, "one")
    assert claim is not None

    clock.set_by(timedelta(seconds=36))

    assert ledger.claim(job_id, "two") is None
    assert ledger.renew(claim.lease)
    ledger.beat("coordinator/here/1", within=timedelta(seconds=5))
    assert ledger.claim(job_id, "two") is None
    assert scene.job(job_id).crashes == 0
