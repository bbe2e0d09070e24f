"""Who holds a job: token and epoch on every write, by the server's clock."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import Lease, LeaseLostError, Ledger, NewerJobError, State
from exconn.ledger.job import FORMAT
from tests.conformance.ledger.scene import SOON, Scene
from tests.support.machine.processes import wait_until

A_MINUTE = timedelta(minutes=1)

WRITES: dict[str, Callable[[Ledger, Lease], object]] = {
    "note": lambda ledger, lease: ledger.note(lease, {"server": "ex1"}),
    "begin": lambda ledger, lease: ledger.begin(lease),
    "withdraw": lambda ledger, lease: ledger.begin(lease, purpose="withdraw"),
    "settle": lambda ledger, lease: ledger.settle(lease, "succeeded"),
    "defer": lambda ledger, lease: ledger.defer(lease, A_MINUTE),
    "hold": lambda ledger, lease: ledger.hold(lease, HoldReason.NO_MAILBOX),
    "restart_list": lambda ledger, lease: ledger.restart_list(lease),
    "await_children": lambda ledger, lease: ledger.await_children(lease),
}


def overtaken(scene: Scene) -> Lease:
    """The lease of a holder whose job another worker has by now."""
    job_id = scene.insert()
    claim = scene.crash(job_id, "slow")
    assert claim is not None
    scene.claim(job_id, "quick")
    return claim.lease


@pytest.mark.parametrize("write", WRITES)
def test_a_stale_holder_s_write_is_refused_and_changes_nothing(scene: Scene, write: str) -> None:
    stale = overtaken(scene)
    before = scene.everything()

    with pytest.raises(LeaseLostError) as refused:
        WRITES[write](scene.ledger, stale)

    assert refused.value.job_id == stale.job_id
    assert scene.everything() == before


def test_a_stale_holder_cannot_renew(scene: Scene) -> None:
    stale = overtaken(scene)
    before = scene.everything()

    assert not scene.ledger.renew(stale)

    assert scene.everything() == before


@pytest.mark.parametrize("forged", [{"token": "0" * 32}, {"epoch": 7}], ids=["token", "epoch"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_needs_both_the_token_and_the_epoch(scene: Scene, write: str, forged: dict[str, Any]) -> None:
    lease = scene.inserted_and_claimed()
    before = scene.everything()

    with pytest.raises(LeaseLostError):
        WRITES[write](scene.ledger, replace(lease, **forged))

    assert scene.everything() == before
    assert not scene.ledger.renew(replace(lease, **forged))


def test_each_claim_has_a_higher_epoch_and_another_token(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.defer(lease, timedelta(0))

    successor = scene.claim(lease.job_id)

    assert successor.epoch == lease.epoch + 1
    assert successor.token != lease.token


def test_a_leased_job_is_not_to_be_had(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()

    assert scene.ledger.claim(lease.job_id, "two") is None

    assert scene.job(lease.job_id).epoch == lease.epoch


@pytest.mark.slow
def test_renewing_keeps_the_lease_beyond_its_first_end(scene: Scene) -> None:
    brief = Ledger(scene.client, lease=timedelta(milliseconds=1500))
    job_id = scene.insert()
    claim = brief.claim(job_id, "one")
    assert claim is not None
    first_end = scene.job(job_id).due
    assert first_end is not None

    def renewed_past_it() -> bool:
        assert brief.renew(claim.lease)
        return scene.ledger.time() > first_end

    wait_until(renewed_past_it, SOON, "the first end of the lease")

    assert scene.ledger.claim(job_id, "two") is None
    assert claim.lease.left() > timedelta(0)


def test_a_lease_that_ran_out_cannot_be_begun_with(scene: Scene) -> None:
    claim = scene.crash(scene.insert())
    assert claim is not None

    with pytest.raises(LeaseLostError):
        scene.ledger.begin(claim.lease)


def test_a_holder_counts_its_lease_from_before_the_call(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    due = scene.job(lease.job_id).due
    assert due is not None

    left_at_the_server = due - scene.ledger.time()

    assert lease.left() <= left_at_the_server + timedelta(milliseconds=2)


@pytest.mark.parametrize("skew", [timedelta(days=-2), timedelta(days=2)], ids=["behind", "ahead"])
def test_a_worker_s_wrong_clock_neither_takes_nor_loses_a_lease(scene: Scene, skew: timedelta) -> None:
    lease = scene.inserted_and_claimed()

    with time_machine.travel(datetime.now(UTC) + skew, tick=True):
        assert scene.ledger.claim(lease.job_id, "two") is None
        assert scene.ledger.renew(lease)
        late = scene.insert(delay=A_MINUTE)
        assert scene.ledger.claim(late, "two") is None

    assert scene.state(lease.job_id) is State.CLAIMED


def test_the_third_lease_in_a_row_that_ran_out_holds_the_job(scene: Scene) -> None:
    job_id = scene.insert()
    for _ in range(3):
        assert scene.crash(job_id) is not None

    assert scene.ledger.claim(job_id, "next") is None

    job = scene.job(job_id)
    assert (job.state, job.reason, job.crashes) == (State.HELD, "kills_its_worker", 3)


def test_two_leases_that_ran_out_leave_the_job_to_the_next_worker(scene: Scene) -> None:
    job_id = scene.insert()
    for _ in range(2):
        scene.crash(job_id)

    assert scene.ledger.claim(job_id, "next") is not None

    assert (scene.job(job_id).crashes, scene.job(job_id).tries) == (2, 3)


def survive(scene: Scene, job_id: str, how: str) -> None:
    lease = scene.claim(job_id)
    if how == "defer":
        scene.ledger.defer(lease, timedelta(0))
    elif how == "await_children":
        scene.ledger.await_children(lease)
    elif how == "held":
        scene.ledger.hold(lease, HoldReason.UNDELIVERED)
        scene.ledger.look_again(job_id)
    else:
        scene.ledger.pause("hq", by="boss")
        with pytest.raises(Exception, match="kill_switch"):
            scene.ledger.begin(lease)
        scene.resume()
        scene.wait_past(job_id)


@pytest.mark.parametrize("how", ["defer", "await_children", "held", "paused"])
def test_a_worker_that_hands_the_job_back_starts_the_count_of_crashes_anew(scene: Scene, how: str) -> None:
    job_id = scene.insert()
    for _ in range(2):
        scene.crash(job_id)
    survive(scene, job_id, how)

    for _ in range(2):
        scene.crash(job_id)

    assert scene.ledger.claim(job_id, "next") is not None
    assert scene.job(job_id).tries == 6


def test_trying_often_holds_nothing(scene: Scene) -> None:
    job_id = scene.insert()
    for _ in range(12):
        scene.ledger.defer(scene.claim(job_id), timedelta(0))

    assert (scene.job(job_id).tries, scene.job(job_id).crashes) == (12, 0)
    assert scene.state(job_id) is State.WAITING


def test_a_deferred_job_is_not_to_be_had_before_it_is_due(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.defer(lease, A_MINUTE)

    assert scene.ledger.claim(lease.job_id, "two") is None

    assert scene.state(lease.job_id) is State.WAITING


def test_a_deferred_job_is_to_be_had_once_it_is_due(scene: Scene) -> None:
    job_id = scene.insert(delay=timedelta(milliseconds=30))
    assert scene.state(job_id) is State.WAITING

    wait_until(lambda: scene.ledger.claim(job_id, "one"), SOON, "the delay to pass")


@pytest.mark.parametrize("field", ["v", "payload_v"], ids=["hash", "payload"])
def test_a_job_of_a_newer_format_is_handed_back_untouched(scene: Scene, field: str) -> None:
    job_id = scene.insert()
    scene.client.hset(keys.job(job_id), field, FORMAT + 1)
    before = scene.everything()

    with pytest.raises(NewerJobError, match="left to workers of that version"):
        scene.ledger.claim(job_id, "old worker")

    assert scene.everything() == before
