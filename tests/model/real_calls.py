"""Each call of the model, made on the real ledger; what it answers, in the model's words."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from exconn.contracts import HoldReason, Kind
from exconn.ledger import (
    HasBegunError,
    LeaseLostError,
    OpenActionError,
    Proven,
    Room,
    Stopped,
    TooManyOpenError,
    UnknownParentError,
)
from tests.model.jobs import CREDIT, PAUSER, Job
from tests.model.real_ledger import CONNECTOR, SERVICES, RealLedger
from tests.model.watching import Pair

NOW = timedelta(0)
#: No doorbell is rung.
FULL_QUEUES = {str(service): Room(lying=0, room=0, urgent=0) for service in SERVICES}


def make(real: RealLedger, pair: Pair) -> str:
    """Make a call of the model; what was answered."""
    return _CALLS[pair.call](real, *pair.given, **dict(pair.named))


def _claim(real: RealLedger, place: int) -> str:
    real.comes_due(place)
    return "not claimed" if real.ledger.claim(real.ids[place], "model") is None else "claimed"


def _lapse(real: RealLedger, place: int) -> str:
    real.lapse(place)
    return "ok"


def _renew(real: RealLedger, place: int, *, owns: bool) -> str:
    return "ok" if real.ledger.renew(real.lease_of(place, owns=owns)) else "lost"


def _begin(real: RealLedger, place: int, *, owns: bool, withdraw: bool = False) -> str:
    lease = real.lease_of(place, owns=owns)
    if withdraw:
        return _written(lambda: real.ledger.begin(lease, pre_image={}, purpose="withdraw", phase="cancelling"))
    proven = Proven(grant=real.grant_of(place), request=real.request_of(place), read={"limits": real.limits_of(place)})
    return _written(lambda: real.ledger.begin(lease, pre_image={}, proven=proven))


def _settle(real: RealLedger, place: int, *, owns: bool, outcome: str, phase: str = "") -> str:
    lease = real.lease_of(place, owns=owns)
    return _written(lambda: real.ledger.settle(lease, outcome, phase=phase, request=real.request_of(place)))


def _defer(real: RealLedger, place: int, *, owns: bool, phase: str = "", reason: str = "") -> str:
    # The reason of a job that waits decides nothing, and the model's word may be none of the ledger's.
    del reason
    lease = real.lease_of(place, owns=owns)
    return _written(lambda: real.ledger.defer(lease, NOW, phase=phase))


def _hold(real: RealLedger, place: int, *, owns: bool, reason: str) -> str:
    lease = real.lease_of(place, owns=owns)
    return _written(lambda: real.ledger.hold(lease, HoldReason(reason)))


def _cancel(real: RealLedger, place: int) -> str:
    return real.ledger.cancel(real.ids[place], by="model")


def _release(real: RealLedger, place: int) -> str:
    released = real.ledger.release(real.connector_of(place), [real.ids[place]], release_id="a release", by="model")
    return "ok" if released else "illegal"


def _look_again(real: RealLedger, place: int) -> str:
    return "ok" if real.ledger.look_again(real.ids[place]) else "illegal"


def _ring(real: RealLedger, place: int) -> str:
    real.comes_due(place)
    rung = real.ledger.doorbells_due(CONNECTOR, by="model")
    return "rung" if rung else "not rung"


def _pause(real: RealLedger, *, by: str = PAUSER) -> str:
    real.ledger.pause(CONNECTOR, by=by)
    return "ok"


def _resume(
    real: RealLedger, *, limit: int, first: bool, by: str = PAUSER, asked_by: str = "", of_this_pause: bool = True
) -> str:
    """One call of the several that a resume makes, and that somebody may not live to make."""
    parameters = {"connector": CONNECTOR, "to": "running", "by": by, "limit": limit, "after": 0 if first else 1}
    if asked_by:
        parameters |= {"asked_by": asked_by, "paused_at": real.paused_at() - (not of_this_pause)}
    with real.without_what_is_open_besides():
        found = real.ledger._caller.call("switch", parameters)
    if "error" in found:
        return str(found["error"])
    return "more" if found["left"] else "done"


def _expire(real: RealLedger, place: int) -> str:
    was_over = real.outcome(place) == "expired"
    real.runs_out(place)
    connector = real.connector_of(place)
    parameters = {"connector": connector, "credit": {}, "limit": 1, "most_ended": 1, "ring_again": 0, "by": "model"}
    real.ledger._caller.call("catch_up", parameters)
    return "expired" if real.outcome(place) == "expired" and not was_over else "waits"


def _drain(real: RealLedger, *, limit: int) -> str:
    """One call of the several with which a round catches up."""
    parameters = {"connector": CONNECTOR, "credit": {}, "limit": limit, "most_ended": 1, "ring_again": 0, "by": "model"}
    real.ledger._caller.call("catch_up", parameters)
    return "drained"


def _insert(real: RealLedger, job: Job) -> str:
    try:
        real.insert(job)
    except UnknownParentError:
        return "parent"
    return "ok"


def _ask(real: RealLedger, job: Job) -> str:
    try:
        real.insert(job)
    except OpenActionError:
        return "open"
    except TooManyOpenError:
        return "many"
    return "ok"


def _widen(real: RealLedger, place: int) -> str:
    real.widen(place)
    return "ok"


def _deny(real: RealLedger, place: int) -> str:
    real.deny(place)
    return "ok"


def _revive(real: RealLedger, place: int) -> str:
    real.revive(place)
    return "ok"


def _twin(real: RealLedger, place: int) -> str:
    real.twin(place)
    return "ok"


def _unpark(real: RealLedger) -> str:
    real.nothing_is_due()
    real.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION: CREDIT}, queues=FULL_QUEUES, by="model")
    return "unparked"


def _restart_list(real: RealLedger, place: int, *, owns: bool) -> str:
    return _written(lambda: real.ledger.restart_list(real.lease_of(place, owns=owns)))


def _await_children(real: RealLedger, place: int, *, owns: bool) -> str:
    return _written(lambda: real.ledger.await_children(real.lease_of(place, owns=owns)))


def _written(write: Callable[[], object]) -> str:
    try:
        write()
    except LeaseLostError:
        return "lost"
    except HasBegunError:
        return "begun"
    except Stopped as stopped:
        return stopped.outcome
    return "ok"


_CALLS: Mapping[str, Callable[..., str]] = {
    "claim": _claim,
    "lapse": _lapse,
    "renew": _renew,
    "begin": _begin,
    "settle": _settle,
    "defer": _defer,
    "hold": _hold,
    "cancel": _cancel,
    "release": _release,
    "look_again": _look_again,
    "ring": _ring,
    "pause": _pause,
    "resume": _resume,
    "drain": _drain,
    "expire": _expire,
    "insert": _insert,
    "ask": _ask,
    "widen": _widen,
    "deny": _deny,
    "revive": _revive,
    "twin": _twin,
    "unpark": _unpark,
    "restart_list": _restart_list,
    "await_children": _await_children,
}
#: What the model says in more words than the ledger's callers are told.
SAME_WORD: Mapping[str, Callable[[str], str]] = {
    "claim": lambda said: "claimed" if said == "claimed" else "not claimed",
    "lapse": lambda _: "ok",
    "ring": lambda said: "rung" if said == "rung" else "not rung",
    "drain": lambda _: "drained",
}
