"""The clock of the ledger's server is set back or forward: decisions go on forward, and it is said."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exconn.contracts import HoldReason
from exconn.coordinator.clock_watch import ClockWatch
from exconn.ledger import Ledger, Limits, Stopped, Window
from exconn.stream import Number
from tests.conformance.ledger.scene import SOON, Scene
from tests.support.machine.fake_clock import FakeClock, valkey_with_clock
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
TICK = timedelta(milliseconds=50)
ONE_IN_TWENTY_MINUTES = Limits(
    breaker=(Window(1, timedelta(minutes=20)),), quota=(Window(9, timedelta(minutes=20)),), fleet_floor=1
)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[tuple[RestartableValkey, FakeClock]]:
    with valkey_with_clock(tmp_path / "faked") as found:
        yield found


@pytest.fixture
def place(machine: tuple[RestartableValkey, FakeClock]) -> Iterator[tuple[Scene, FakeClock]]:
    server, clock = machine
    with server.client() as client:
        scene = Scene(client)
        scene.resume()
        yield scene, clock


def set_by(place: tuple[Scene, FakeClock], offset: timedelta) -> None:
    """Set the clock, and wait until the server has looked at it."""
    scene, clock = place
    clock.set_by(offset)

    def is_seen() -> bool:
        _, server = scene.ledger.clocks()
        return abs(server - datetime.now(UTC) - offset) < timedelta(seconds=1)

    wait_until(is_seen, SOON, "the server's clock to be set")


def steps(scene: Scene) -> list[tuple[object, object]]:
    told = [message for message in scene.messages() if message.number == Number.CLOCK_STEPPED]
    return [(message.data["direction"], message.data["seconds"]) for message in told]


def test_an_hour_back_is_no_hour_more_for_leases_and_due_jobs(place: tuple[Scene, FakeClock]) -> None:
    scene, _ = place
    deferred = scene.inserted_and_claimed()
    scene.ledger.defer(deferred, TICK)
    before = scene.ledger.time()

    set_by(place, -HOUR)
    at_once = scene.ledger.time()
    doomed = scene.insert()
    scene.hasty.claim(doomed, "doomed")

    assert at_once >= before
    wait_until(lambda: scene.ledger.time() > before + TICK * 4, SOON, "the ledger's clock to go on")
    assert scene.ledger.claim(deferred.job_id, "one") is not None
    assert scene.ledger.claim(doomed, "two") is not None


def test_a_clock_that_is_set_back_twice_and_forward_again_never_runs_back(place: tuple[Scene, FakeClock]) -> None:
    scene, _ = place
    told = [scene.ledger.time()]
    for offset in (-HOUR, -2 * HOUR, -HOUR, HOUR, timedelta(0)):
        set_by(place, offset)
        told.append(scene.ledger.time())

    assert told == sorted(told)


def test_an_hour_back_is_said_by_who_sees_it(place: tuple[Scene, FakeClock]) -> None:
    scene, _ = place
    watch = ClockWatch(scene.ledger)
    watch.look(by="coordinator")

    set_by(place, -HOUR)
    watch.look(by="coordinator")

    assert steps(scene) == [("back", 3600)]


def test_an_hour_forward_is_followed_and_said_once_by_all_who_see_it(place: tuple[Scene, FakeClock]) -> None:
    scene, _ = place
    watches = [ClockWatch(scene.ledger) for _ in range(3)]
    for watch in watches:
        watch.look(by="coordinator")
    before = scene.ledger.time()

    set_by(place, HOUR)
    for watch in (*watches, *watches):
        watch.look(by="coordinator")

    assert scene.ledger.time() - before >= HOUR - timedelta(seconds=1)
    assert steps(scene) == [("forward", 3600)]


def test_a_clock_that_is_corrected_by_seconds_is_no_alarm(place: tuple[Scene, FakeClock]) -> None:
    scene, _ = place
    watch = ClockWatch(scene.ledger)
    watch.look(by="coordinator")

    set_by(place, timedelta(seconds=2))
    watch.look(by="coordinator")

    assert steps(scene) == []


def test_a_healthy_lease_that_a_step_forward_ended_stays_with_its_holder(place: tuple[Scene, FakeClock]) -> None:
    scene, _ = place
    ledger = Ledger(scene.client, lease=timedelta(seconds=15))
    ledger.beat("coordinator/here/1", within=timedelta(seconds=5))
    job_id = scene.insert()
    claim = ledger.claim(job_id, "one")
    assert claim is not None

    set_by(place, timedelta(seconds=36))

    assert ledger.claim(job_id, "two") is None
    assert ledger.renew(claim.lease)
    ledger.beat("coordinator/here/1", within=timedelta(seconds=5))
    assert ledger.claim(job_id, "two") is None
    assert scene.job(job_id).crashes == 0


@pytest.fixture
def restarted(machine: tuple[RestartableValkey, FakeClock], place: tuple[Scene, FakeClock]) -> Callable[[], Scene]:
    """The server starts anew, with the time that its machine has by then."""

    def again() -> Scene:
        machine[0].kill()
        machine[0].start()
        return place[0]

    return again


def test_a_server_that_starts_anew_after_it_was_set_back_gives_no_room_under_a_limit(
    place: tuple[Scene, FakeClock], restarted: Callable[[], Scene]
) -> None:
    scene, _ = place
    set_by(place, HOUR)
    first, second = (scene.inserted_and_claimed(requester=name) for name in ("anna", "bert"))
    scene.ledger.begin(first, limits=ONE_IN_TWENTY_MINUTES)

    set_by(place, timedelta(0))
    scene = restarted()

    assert scene.ledger.renew(second)
    with pytest.raises(Stopped, match=HoldReason.BREAKER):
        scene.ledger.begin(second, limits=ONE_IN_TWENTY_MINUTES)


def test_that_it_no_longer_knows_what_it_was_set_back_by_is_said(
    place: tuple[Scene, FakeClock], restarted: Callable[[], Scene]
) -> None:
    scene, _ = place
    set_by(place, HOUR)
    before = scene.ledger.time()
    set_by(place, timedelta(0))
    watch = ClockWatch(scene.ledger)
    watch.look(by="coordinator")
    assert scene.ledger.time() >= before

    scene = restarted()
    watch.look(by="coordinator")

    assert scene.ledger.time() < before
    assert steps(scene) == [("back", 3600)]
