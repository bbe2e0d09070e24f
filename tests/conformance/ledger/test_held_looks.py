"""Held actions that Exchange has are looked at once a day, whoever goes the rounds."""

import pytest

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import State
from tests.conformance.ledger.scene import CONNECTOR, Scene

A_DAY = 86_400_000


def held(scene: Scene, reason: HoldReason, phase: str = "issued") -> str:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease)
    scene.ledger.hold(lease, reason, phase=phase)
    return lease.job_id


def a_day_passes(scene: Scene) -> None:
    for job_id in scene.client.zrange(keys.looks(CONNECTOR), 0, -1):
        scene.client.zincrby(keys.looks(CONNECTOR), -A_DAY - 1, str(job_id))


def rung(scene: Scene) -> list[str]:
    return [ring.job_id for ring in scene.ledger.doorbells_due(CONNECTOR)]


@pytest.mark.parametrize(
    "reason", [HoldReason.UNDELIVERED, HoldReason.CANCEL_WITHOUT_EFFECT, HoldReason.REFUSED_BY_EXCHANGE]
)
def test_a_held_wipe_that_is_in_exchange_gets_a_look_a_day_later_and_not_before(
    scene: Scene, reason: HoldReason
) -> None:
    wipe = held(scene, reason)
    now = scene.ledger.time().timestamp() * 1000
    at = scene.client.zscore(keys.looks(CONNECTOR), wipe)

    assert at is not None
    assert abs(at - now - A_DAY) < 5_000
    assert rung(scene) == []
    a_day_passes(scene)
    assert rung(scene) == [wipe]

    assert scene.state(wipe) is State.QUEUED


def test_a_wipe_that_is_held_again_is_looked_at_again_a_day_later(scene: Scene) -> None:
    wipe = held(scene, HoldReason.UNDELIVERED)
    for _ in range(3):
        a_day_passes(scene)
        assert rung(scene) == [wipe]
        scene.ledger.hold(scene.claim(wipe), HoldReason.UNDELIVERED)
        assert rung(scene) == []


def test_a_held_wipe_that_exchange_has_not_and_one_that_a_brake_holds_stay(scene: Scene) -> None:
    for reason, phase in ((HoldReason.UNDELIVERED, "issuing"), (HoldReason.BREAKER, "issued")):
        held(scene, reason, phase)
    assert scene.client.zcard(keys.looks(CONNECTOR)) == 0
    a_day_passes(scene)

    assert rung(scene) == []


@pytest.mark.parametrize("word", ["release", "retry", "cancel"])
def test_what_a_person_let_go_on_is_looked_at_for_that_and_no_more(scene: Scene, word: str) -> None:
    wipe = held(scene, HoldReason.UNDELIVERED)

    {
        "release": lambda: scene.ledger.release(CONNECTOR, [wipe], release_id="r1", by="boss"),
        "retry": lambda: scene.ledger.retry(wipe, by="boss"),
        "cancel": lambda: scene.ledger.cancel(wipe, by="boss"),
    }[word]()

    assert scene.client.zcard(keys.looks(CONNECTOR)) == 0
