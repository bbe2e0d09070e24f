"""A call whose answer was lost may be made again: nothing is done twice, nothing is undone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from exconn.contracts import Checks, HoldReason, Kind
from exconn.keyspace import connect, keys, load
from exconn.ledger import (
    Lease,
    LeaseLostError,
    Ledger,
    LedgerOutOfReachError,
    Limits,
    Proven,
    State,
    Stopped,
    Window,
    lua,
)
from exconn.stream import Number
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, LONG_LEASE, Scene, a_wipe
from tests.support.machine.valkey import RestartableValkey
from tests.support.network.proxy import Loss, Proxy

pytestmark = pytest.mark.slow

AT_ONCE = timedelta(0)
A_MINUTE = timedelta(minutes=1)
NO_ROOM = Limits(breaker=(Window(0, AN_HOUR),), quota=(Window(10, AN_HOUR),), fleet_floor=0)


@pytest.fixture
def proxy(valkey_server: RestartableValkey) -> Iterator[Proxy]:
    with Proxy(valkey_server.port) as between:
        yield between


@pytest.fixture
def far(scene: Scene, proxy: Proxy) -> Iterator[Ledger]:
    """The same ledger behind the proxy; its functions are there, so the first answer lost is the call's own."""
    client = connect(proxy.url, answer_within=timedelta(milliseconds=750))
    ledger = Ledger(client, lease=LONG_LEASE)
    load(client, lua.library())
    client.ping()
    yield ledger
    client.close()


def lost(lease: Lease, call: Callable[[Lease], object]) -> Callable[[], object]:
    """A call that, made again, says that the lease is gone: the first one ended it."""

    def again() -> object:
        with pytest.raises(LeaseLostError):
            call(lease)
        return "lost"

    return again


@dataclass(frozen=True)
class Case:
    """A call to make through the proxy, the same again, and what must be true in the end; the answer that is lost comes
    `after` so many.
    """

    call: Callable[[], object]
    again: Callable[[], object]
    answer: object
    job_id: str
    state: State
    messages: tuple[Number, ...]
    after: int = 0


def insert(scene: Scene, far: Ledger) -> Case:
    def call() -> object:
        inserted = far.insert(a_wipe("nonce"))
        return (inserted.created, len(scene.ledger.unsettled(CONNECTOR)))

    first = scene.ledger.insert(a_wipe("another")).job_id
    scene.ledger.cancel(first, by="boss")
    return Case(call, call, (False, 1), "", State.QUEUED, ())


def claim(scene: Scene, far: Ledger) -> Case:
    job_id = scene.insert()
    return Case(
        lambda: far.claim(job_id, "one"),
        lambda: far.claim(job_id, "one"),
        None,
        job_id,
        State.CLAIMED,
        (Number.JOB_CLAIMED,),
    )


def renew(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed()
    return Case(lambda: far.renew(lease), lambda: far.renew(lease), True, lease.job_id, State.CLAIMED, ())


def note(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed()
    return Case(
        lambda: far.note(lease, {"a": 1}), lambda: far.note(lease, {"a": 1}), None, lease.job_id, State.CLAIMED, ()
    )


def begin(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed()

    def again() -> object:
        far.begin(lease)
        return scene.client.zscore(keys.brake(CONNECTOR, "erase"), lease.job_id) is not None

    return Case(lambda: far.begin(lease), again, True, lease.job_id, State.CLAIMED, (Number.ISSUING, Number.ISSUING))


def begin_by_grant(scene: Scene, far: Ledger) -> Case:
    lease = scene.let_in(limits=NO_ROOM)
    with pytest.raises(Stopped):
        scene.ledger.begin(lease)
    scene.ledger.release(CONNECTOR, [lease.job_id], release_id="r1", by="boss")
    granted = scene.claim(lease.job_id)
    done = (Number.ISSUING, Number.ISSUING)

    def call() -> None:
        far.begin(granted, proven=Proven(grant="r1"))

    return Case(call, call, None, lease.job_id, State.CLAIMED, done)


def settle(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed()

    def call(held: Lease = lease) -> None:
        far.settle(held, "succeeded")

    return Case(call, lost(lease, call), "lost", lease.job_id, State.SETTLED, (Number.JOB_SUCCEEDED,))


def defer(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed()

    def call(held: Lease = lease) -> None:
        far.defer(held, A_MINUTE)

    return Case(call, lost(lease, call), "lost", lease.job_id, State.WAITING, (Number.JOB_WAITING,))


def hold(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed()

    def call(held: Lease = lease) -> None:
        far.hold(held, HoldReason.NO_MAILBOX)

    return Case(call, lost(lease, call), "lost", lease.job_id, State.HELD, (Number.JOB_HELD,))


def await_children(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed(kind=Kind.SWEEP, checks=Checks.NONE)
    scene.ledger.restart_list(lease)

    def call(held: Lease = lease) -> None:
        far.await_children(held)

    return Case(call, lost(lease, call), "lost", lease.job_id, State.WAITING, (Number.PARTITIONS_SEALED,))


def restart_list(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed(kind=Kind.SWEEP, checks=Checks.NONE)

    def call() -> object:
        return far.restart_list(lease)

    return Case(call, call, 2, lease.job_id, State.CLAIMED, (Number.LIST_RESTARTED,))


def cancel(scene: Scene, far: Ledger) -> Case:
    job_id = scene.insert()

    def call() -> object:
        return far.cancel(job_id, by="boss")

    return Case(call, call, "settled", job_id, State.SETTLED, (Number.JOB_CANCELLED,))


def release(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed()
    scene.ledger.hold(lease, HoldReason.BREAKER)

    def call() -> object:
        return far.release(CONNECTOR, [lease.job_id], release_id="r1", by="boss")

    return Case(call, call, [], lease.job_id, State.QUEUED, (Number.JOB_RELEASED,))


def doorbells_due(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed()
    scene.ledger.defer(lease, AT_ONCE)

    def call() -> object:
        return far.doorbells_due(CONNECTOR)

    # Its first call catches up with what else is to be done.
    return Case(call, call, [], lease.job_id, State.QUEUED, (), after=1)


def unpark(scene: Scene, far: Ledger) -> Case:
    job_id = scene.insert(parked=True)

    def call() -> object:
        return far.doorbells_due(CONNECTOR, credit={"wipe": 1})

    return Case(call, call, [], job_id, State.QUEUED, (Number.JOB_UNPARKED,))


def retire(scene: Scene, far: Ledger) -> Case:
    lease = scene.inserted_and_claimed()
    scene.ledger.settle(lease, "succeeded")
    later = scene.ledger.time() + A_MINUTE

    def call() -> object:
        return far.retire(confirmed_before=later, keep=A_MINUTE)

    return Case(call, call, 0, lease.job_id, State.SETTLED, ())


CASES = {
    case.__name__: case
    for case in (
        insert,
        claim,
        renew,
        note,
        begin,
        begin_by_grant,
        settle,
        defer,
        hold,
        await_children,
        restart_list,
        cancel,
        release,
        doorbells_due,
        unpark,
        retire,
    )
}


@pytest.mark.parametrize("how", Loss)
@pytest.mark.parametrize("name", CASES)
def test_calling_again_after_a_lost_answer_is_safe(
    scene: Scene, far: Ledger, proxy: Proxy, name: str, how: Loss
) -> None:
    case = CASES[name](scene, far)
    before = len(scene.messages(case.job_id)) if case.job_id else 0
    proxy.lose_next_answer(how, after=case.after)

    with pytest.raises(LedgerOutOfReachError):
        case.call()
    answer = case.again()

    assert answer == case.answer
    if case.job_id:
        assert scene.state(case.job_id) is case.state
        assert tuple(message.number for message in scene.messages(case.job_id)[before:]) == case.messages
    assert [m.sequence for m in scene.messages()] == list(range(1, len(scene.messages()) + 1))


@pytest.mark.parametrize("how", Loss)
def test_a_job_whose_claim_was_never_answered_is_rung_again_when_the_lease_is_over(
    scene: Scene, far: Ledger, proxy: Proxy, how: Loss
) -> None:
    job_id = scene.insert()
    proxy.lose_next_answer(how)
    far.lease = timedelta(milliseconds=20)
    with pytest.raises(LedgerOutOfReachError):
        far.claim(job_id, "one")
    scene.wait_past(job_id)

    assert [ring.job_id for ring in scene.ledger.doorbells_due(CONNECTOR)] == [job_id]
    assert scene.ledger.claim(job_id, "two") is not None


@pytest.mark.parametrize("wanted", ["paused", "running"])
@pytest.mark.parametrize("how", Loss)
def test_a_switch_turned_without_an_answer_is_turned(
    scene: Scene, far: Ledger, proxy: Proxy, how: Loss, wanted: str
) -> None:
    turn = far.pause if wanted == "paused" else far.resume
    proxy.lose_next_answer(how)

    with pytest.raises(LedgerOutOfReachError):
        turn(CONNECTOR, by="boss")

    assert scene.ledger.switch(CONNECTOR) == wanted
    turn(CONNECTOR, by="boss")
    assert scene.ledger.switch(CONNECTOR) == wanted


def test_a_ledger_that_is_gone_says_which_call_and_that_it_may_be_made_again(
    scene: Scene, far: Ledger, proxy: Proxy
) -> None:
    job_id = scene.insert()
    proxy.refuse()

    with pytest.raises(LedgerOutOfReachError, match=r"did not answer claim .* safe to try again") as unanswered:
        far.claim(job_id, "one")

    assert unanswered.value.call == "claim"
    proxy.refuse(refusing=False)
    assert far.claim(job_id, "one") is not None
