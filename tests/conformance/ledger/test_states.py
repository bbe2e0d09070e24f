"""Which call is possible in which state, and where it leads: the table is the whole truth."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from exconn.contracts import HoldReason
from exconn.ledger import TRANSITIONS, IllegalCallError, Lease, LeaseLostError, Ledger, State
from tests.conformance.ledger.scene import CONNECTOR, Scene

A_MINUTE = timedelta(minutes=1)


def queued(scene: Scene) -> Lease:
    return unheld(scene.insert())


def claimed(scene: Scene) -> Lease:
    return scene.inserted_and_claimed()


def lapsed(scene: Scene) -> Lease:
    job_id = scene.insert()
    scene.crash(job_id)
    return unheld(job_id)


def waiting(scene: Scene) -> Lease:
    lease = scene.inserted_and_claimed()
    scene.ledger.defer(lease, timedelta(0))
    return lease


def held(scene: Scene) -> Lease:
    lease = scene.inserted_and_claimed()
    scene.ledger.hold(lease, HoldReason.NO_MAILBOX)
    return lease


def settled(scene: Scene) -> Lease:
    lease = scene.inserted_and_claimed()
    scene.ledger.settle(lease, "succeeded")
    return lease


def unheld(job_id: str) -> Lease:
    return Lease(job_id=job_id, token="", epoch=0, worker="one", deadline=0.0)


STATES: dict[str, tuple[State, Callable[[Scene], Lease]]] = {
    "queued": (State.QUEUED, queued),
    "claimed": (State.CLAIMED, claimed),
    "waiting": (State.WAITING, waiting),
    "held": (State.HELD, held),
    "settled": (State.SETTLED, settled),
}


def claim(ledger: Ledger, lease: Lease) -> bool:
    return ledger.claim(lease.job_id, "two") is not None


def renew(ledger: Ledger, lease: Lease) -> bool:
    return ledger.renew(lease)


def by_holder(call: Callable[[Ledger, Lease], object]) -> Callable[[Ledger, Lease], bool]:
    def attempt(ledger: Ledger, lease: Lease) -> bool:
        try:
            call(ledger, lease)
        except LeaseLostError:
            return False
        return True

    return attempt


def release(ledger: Ledger, lease: Lease) -> bool:
    return ledger.release(CONNECTOR, [lease.job_id], release_id="r1", by="boss") == [lease.job_id]


def look_again(ledger: Ledger, lease: Lease) -> bool:
    return ledger.look_again(lease.job_id)


def retry(ledger: Ledger, lease: Lease) -> bool:
    try:
        ledger.retry(lease.job_id, by="boss")
    except IllegalCallError:
        return False
    return True


def cancel(ledger: Ledger, lease: Lease) -> bool:
    return ledger.cancel(lease.job_id, by="boss") in ("cancelled", "marked")


CALLS: dict[str, Callable[[Ledger, Lease], bool]] = {
    "claim": claim,
    "renew": renew,
    "note": by_holder(lambda ledger, lease: ledger.note(lease, {"server": "ex1"})),
    "begin": by_holder(lambda ledger, lease: ledger.begin(lease)),
    "settle": by_holder(lambda ledger, lease: ledger.settle(lease, "succeeded")),
    "defer": by_holder(lambda ledger, lease: ledger.defer(lease, A_MINUTE)),
    "hold": by_holder(lambda ledger, lease: ledger.hold(lease, HoldReason.NO_MAILBOX)),
    "await_children": by_holder(lambda ledger, lease: ledger.await_children(lease)),
    "restart_list": by_holder(lambda ledger, lease: ledger.restart_list(lease)),
    "look_again": look_again,
    "release": release,
    "retry": retry,
    "cancel": cancel,
}

#: A lease that holds is taken from nobody; that it is taken when it is over has a row of its own.
GUARDED = {("claim", "claimed")}


def test_every_call_of_the_table_is_tried() -> None:
    assert CALLS.keys() == TRANSITIONS.keys()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("call", CALLS)
def test_a_call_leads_to_an_allowed_state_or_is_refused_without_a_trace(scene: Scene, call: str, state: str) -> None:
    name, arrange = STATES[state]
    lease = arrange(scene)
    legal = name in TRANSITIONS[call] and (call, state) not in GUARDED
    before = scene.everything()

    done = CALLS[call](scene.ledger, lease)

    assert done is legal
    if legal:
        assert scene.state(lease.job_id) in TRANSITIONS[call][name]
    else:
        assert scene.everything() == before


def test_a_lease_that_ran_out_is_taken_by_the_next(scene: Scene) -> None:
    lease = lapsed(scene)

    assert claim(scene.ledger, lease)

    assert scene.state(lease.job_id) in TRANSITIONS["claim"][State.CLAIMED]


@pytest.mark.parametrize("call", CALLS)
def test_a_call_on_a_job_that_nobody_knows_changes_nothing(scene: Scene, call: str) -> None:
    before = scene.everything()

    try:
        done = CALLS[call](scene.ledger, unheld("wipe-aaaaaaaaaaaaaaaa"))
    except KeyError:
        done = False

    assert not done
    assert scene.everything() == before


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("defer", State.WAITING),
        ("hold", State.HELD),
        ("settle", State.SETTLED),
        ("await_children", State.WAITING),
        ("begin", State.CLAIMED),
        ("restart_list", State.CLAIMED),
    ],
)
def test_a_holder_s_call_leads_where_its_name_says(scene: Scene, call: str, after: State) -> None:
    lease = claimed(scene)

    CALLS[call](scene.ledger, lease)

    assert scene.state(lease.job_id) is after


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "refused", "expired", "gone", "cancelled"])
def test_a_settled_job_keeps_its_outcome_and_its_data(scene: Scene, outcome: str) -> None:
    lease = claimed(scene)

    scene.ledger.settle(lease, outcome, phase="closed", data={"server": "ex1", "looks": 3})

    job = scene.job(lease.job_id)
    assert (job.state, job.outcome, job.phase) == (State.SETTLED, outcome, "closed")
    assert job.data == {"server": "ex1", "looks": 3, "outcome": outcome}


def test_notes_and_pre_image_are_there_for_the_successor(scene: Scene) -> None:
    job_id = scene.insert()
    lost = scene.claim(job_id)
    scene.ledger.note(lost, {"shell": "s1"})
    scene.ledger.begin(lost, pre_image={"requested": None, "server": "ex1"})
    scene.ledger.defer(lost, timedelta(0))

    found = scene.ledger.claim(job_id, "successor")

    assert found is not None
    assert found.job.notes == {"shell": "s1"}
    assert found.job.pre_image == {"requested": None, "server": "ex1"}
    assert (found.job.phase, found.job.begun) == ("issuing", 1)
