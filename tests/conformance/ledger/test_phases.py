"""The ledger refuses a phase that may not follow, whoever asks for it and whatever call would write it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from exconn.contracts import KINDS, HoldReason, Kind, Phase
from exconn.keyspace import keys
from exconn.ledger import IllegalMoveError, Lease, Ledger
from tests.conformance.ledger.scene import Scene

Call = Callable[[Ledger, Lease, Phase], object]

CALLS: dict[str, Call] = {
    "begin": lambda ledger, lease, phase: ledger.begin(lease, phase=phase, purpose="withdraw"),
    "defer": lambda ledger, lease, phase: ledger.defer(lease, timedelta(0), phase=phase),
    "hold": lambda ledger, lease, phase: ledger.hold(lease, HoldReason.NO_MAILBOX, phase=phase),
    "settle": lambda ledger, lease, phase: ledger.settle(lease, "succeeded", phase=phase),
    "await_children": lambda ledger, lease, phase: ledger.await_children(lease, phase=phase),
}


def may_move(scene: Scene, kind: Kind, before: Phase, call: Call, after: Phase) -> bool:
    """Whether the ledger takes a job from one phase to another; if not, it must be as it was."""
    lease = scene.inserted_and_claimed(kind=kind)
    scene.client.hset(keys.job(lease.job_id), "phase", before.value)
    untouched = scene.fields(lease.job_id)
    try:
        call(scene.ledger, lease, after)
    except IllegalMoveError:
        assert scene.fields(lease.job_id) == untouched
        return False
    assert scene.job(lease.job_id).phase == (after or before)
    return True


@pytest.mark.slow  # every kind, phase and call
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", [kind for kind, row in KINDS.items() if row.life.moves] + [Kind.ECHO])
def test_a_job_goes_only_where_its_kind_s_table_lets_it(scene: Scene, kind: Kind, call: str) -> None:
    life = KINDS[kind].life

    for before in Phase:
        for after in Phase:
            allowed = not after or life.may_follow(before, after)
            assert may_move(scene, kind, before, CALLS[call], after) is allowed, f"{before} -> {after}"


def test_a_job_begins_in_the_first_phase_of_its_kind(scene: Scene) -> None:
    assert scene.job(scene.insert(phase="")).phase == "accepted"
    assert scene.job(scene.insert(phase="", kind=Kind.SWEEP)).phase == ""
