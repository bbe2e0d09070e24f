"""Sends the cmdlet of an action, once it has begun: Exchange took it, or what becomes of the action instead."""

from collections.abc import Callable
from datetime import timedelta

from exconn.actions.context import ActionContext
from exconn.contracts import HoldReason, Phase, WaitReason
from exconn.doorbell import Decision, Defer, Hold
from exconn.exchange import Ambiguous, RefusedByExchange
from exconn.failpoints import failpoint
from exconn.stream import Number


def send(case: ActionContext, call: Callable[[], None]) -> Decision | None:
    """Make the one call that changes Exchange; None when it answered that it did. Raises LeaseLostError, and
    CmdletMissing and ParameterMissing, which are states of the account.

    An unclear answer leaves the action in its phase `issuing`, so that the next claim reads back.
    """
    failpoint("action.before_cmdlet", key=case.running.job.id)
    case.running.surely_held()
    try:
        call()
    except Ambiguous:
        reason = WaitReason.ANSWER_UNCLEAR
        return Defer(timedelta(seconds=1), reason, phase=Phase.ISSUING, number=Number.ANSWER_UNCLEAR)
    except RefusedByExchange as exc:
        return Hold(HoldReason.REFUSED_BY_EXCHANGE, data={"said": exc.exception_type or exc.error_id})
    failpoint("action.answered", key=case.running.job.id)
    return None


def begin(case: ActionContext, pre_image: dict[str, object]) -> None:
    """The point of no return: everything is checked anew, and what a successor needs is kept. Raises Stopped."""
    failpoint("action.before_begin", key=case.running.job.id)
    case.running.begin(pre_image, limits=case.limits_now())
    failpoint("action.issuing", key=case.running.job.id)
