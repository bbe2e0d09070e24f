"""Taking a pending wipe back. Exchange decides whether it still can; a phone that has the wipe erases itself."""

from datetime import timedelta

from exconn.actions.context import ActionContext
from exconn.actions.look import identity_of
from exconn.actions.verify import NotAsSignedError, verified
from exconn.actions.wipe.pre_image import is_pending
from exconn.doorbell import Decision, Defer, Hold, Settle
from exconn.exchange import Ambiguous, Device, DeviceStatistics, RefusedByExchange
from exconn.ledger import Outcome
from exconn.signing import Registry
from exconn.stream import Number

#: Cancellations in a row that may go without effect before a person is asked; each further try is one.
MOST_TRIES = 3
NO_EFFECT = "cancelling has no effect, the wipe is still pending: retry, or take it back in Exchange"


def withdraw(case: ActionContext, registry: Registry, device: Device, statistics: DeviceStatistics) -> Decision:
    """The next step of a cancellation of a wipe that is in Exchange: ours, or one that was found there."""
    if case.running.job.phase == "sent" or case.before.shows_sending(statistics.wipe):
        case.notes.add(sent=True)
    if not is_pending(statistics.wipe):
        return _cancelled(case, reason="")
    if not case.is_ours:
        return _cancelled(case, reason="the wipe that somebody else asked for stays in Exchange")
    try:
        verified(case.running.job, case.work, registry)
    except NotAsSignedError as exc:
        return Hold(f"not cancelled in Exchange: the action is not as it was signed ({exc.reason})")
    tries = case.notes.count("withdrawals")
    if tries >= MOST_TRIES:
        case.notes.add(withdrawals=MOST_TRIES - 1)
        return Hold(NO_EFFECT)
    case.notes.add(withdrawals=tries + 1)
    return _send(case, device)


def _send(case: ActionContext, device: Device) -> Decision:
    case.running.begin(purpose="withdraw", phase="cancelling")
    case.running.surely_held()
    identity, controller = identity_of(case.session, device), device.originating_server or None
    try:
        case.session.clear_device(identity, cancel=True, domain_controller=controller)
    except Ambiguous:
        return Defer(timedelta(seconds=2), phase="cancelling", number=Number.ANSWER_UNCLEAR)
    except RefusedByExchange as exc:
        return Hold(f"cancel refused by Exchange: {exc.exception_type or exc.error_id}")
    return Defer(timedelta(seconds=1), phase="cancelling", reason="reading the cancellation back")


def _cancelled(case: ActionContext, *, reason: str) -> Settle:
    """`sent` in the data = the device may have had the wipe already, and may have erased itself."""
    data: dict[str, object] = {"sent": case.notes.get("sent") is True}
    return Settle(Outcome.CANCELLED, phase="closed", data=data | ({"reason": reason} if reason else {}))
