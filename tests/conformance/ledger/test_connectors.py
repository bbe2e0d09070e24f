"""Two connectors side by side never touch each other."""

from datetime import timedelta

import pytest

from exconn.contracts import Checks, Kind
from exconn.ledger import Limits, Stopped, Window
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene, a_wipe

BRANCH = "branch"
PHONE = "11111111-2222-3333-4444-555555555555"
ONE = Limits(breaker=(Window(1, AN_HOUR),), quota=(Window(1, AN_HOUR),), fleet_floor=1)


def use_everything(scene: Scene, connector: str) -> None:
    """Run every call once on jobs of a connector, and fill its brakes."""
    scene.resume(connector)
    ledger = scene.ledger
    lease = scene.let_in(connector=connector, device=PHONE, limits=ONE)
    ledger.begin(lease)
    ledger.defer(lease, timedelta(0))
    held = scene.let_in(connector=connector, limits=ONE)
    with pytest.raises(Stopped):
        ledger.begin(held)
    ledger.release(connector, [held.job_id], release_id="r1", by="boss")
    sweep = scene.inserted_and_claimed(connector=connector, kind=Kind.SWEEP, checks=Checks.NONE)
    ledger.restart_list(sweep)
    part = {"kind": Kind.PARTITION, "checks": Checks.NONE, "parent": sweep.job_id, "generation": 1}
    scene.insert(connector=connector, parked=True, **part)
    ledger.await_children(sweep)
    ledger.doorbells_due(connector, credit={"partition": 1})
    ledger.insert(a_wipe("same nonce", connector=connector))
    ledger.cancel(scene.insert(connector=connector), by="boss")
    ledger.settle(scene.claim(lease.job_id), "succeeded")
    scene.paused(connector)


def kept_for(scene: Scene, connector: str) -> dict[str, object]:
    """All that the server keeps for a connector: its keys, and the jobs that are its own."""
    jobs = {f"exconn:job:{message.job}" for message in scene.messages() if message.connector == connector}
    found = scene.everything()
    return {name: value for name, value in found.items() if name in jobs or f":{connector}" in name}


def test_all_that_happens_in_one_leaves_the_other_as_it_was(scene: Scene) -> None:
    use_everything(scene, CONNECTOR)
    before = kept_for(scene, CONNECTOR)

    use_everything(scene, BRANCH)

    assert kept_for(scene, CONNECTOR) == before
    assert len(kept_for(scene, BRANCH)) == len(before)


def test_the_same_nonce_and_the_same_device_are_free_in_the_other(scene: Scene) -> None:
    first = scene.ledger.insert(a_wipe("nonce", device=PHONE))

    second = scene.ledger.insert(a_wipe("nonce", device=PHONE, connector=BRANCH))

    assert second.created
    assert second.job_id != first.job_id


def test_one_kill_switch_leaves_the_other_running(scene: Scene) -> None:
    scene.resume(BRANCH)

    scene.ledger.pause(BRANCH, by="boss")

    assert (scene.ledger.switch(CONNECTOR), scene.ledger.switch(BRANCH)) == ("running", "paused")
    scene.ledger.begin(scene.inserted_and_claimed())


def test_one_s_tokens_are_not_the_other_s(scene: Scene) -> None:
    scene.resume(BRANCH)
    scene.ledger.begin(scene.let_in(limits=ONE))

    scene.ledger.begin(scene.let_in(limits=ONE, connector=BRANCH))

    with pytest.raises(Stopped):
        scene.ledger.begin(scene.let_in(limits=ONE))


def test_a_release_in_one_names_no_jobs_of_the_other(scene: Scene) -> None:
    scene.resume(BRANCH)
    scene.ledger.begin(scene.let_in(limits=ONE, connector=BRANCH))
    held = scene.let_in(limits=ONE, connector=BRANCH)
    with pytest.raises(Stopped):
        scene.ledger.begin(held)

    assert scene.ledger.release(CONNECTOR, [held.job_id], release_id="r1", by="boss") == []

    assert scene.ledger.release(BRANCH, [held.job_id], release_id="r2", by="boss") == [held.job_id]
