"""Sends the cmdlet of an action, once it has begun: Exchange took it, or what becomes of the action instead.

An error of Exchange is not yet a refusal: the cmdlet may have taken effect before it failed. Exchange is read back
first; only where it shows nothing is the action refused, or, after an unclear answer, sent once more.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from exconn.actions.context import ActionContext
from exconn.actions.grant import proven
from exconn.contracts import HoldReason, Phase, WaitReason
from exconn.doorbell import Decision, Defer, Hold
from exconn.exchange import Ambiguous, NotRun, ObjectNotFound, RefusedByExchange
from exconn.failpoints import failpoint
from exconn.stream import Number

#: Between an unclear answer and the read that finds out: twice as long each time in a row, up to the longest.
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)
#: Unclear answers in a row to one action, each read back without a sign of it, before a person is asked: some hours.
MOST_UNCLEAR = 50


def send(case: ActionContext, call: Callable[[], None], controller: str) -> Decision | None:
    """Make the one call that changes Exchange; None when it answered that it did. `controller` is the domain controller
    that it names, if any. Raises LeaseLostError, and CmdletMissing, ParameterMissing and, of a call that names none,
    ObjectNotFound.

    An unclear answer, or an error of Exchange, leaves the action in its phase `issuing`: the next claim reads back. So
    does "not found" at a controller that was named: the cmdlet goes out again only then, and names none.
    """
    failpoint("action.before_cmdlet", key=case.running.job.id)
    case.running.surely_held()
    try:
        call()
    except Ambiguous:
        times = case.notes.count("unclear") + 1
        case.notes.add(unclear=times)
        return _read_back_in(growing_pause(FIRST_PAUSE, LONGEST_PAUSE, times))
    except ObjectNotFound:
        if not controller:
            raise
        case.notes.add(unnamed=True)
        return _read_back_in(FIRST_PAUSE)
    except NotRun as exc:
        return refused_by_exchange(exc)
    except RefusedByExchange as exc:
        case.notes.add(refused=said_of(exc))
        return _read_back_in(FIRST_PAUSE)
    case.notes.reset("unclear")
    failpoint("action.answered", key=case.running.job.id)
    return None


def without_effect(case: ActionContext) -> Decision | None:
    """What becomes of an action whose cmdlet shows no effect; None: it is to be sent (anew)."""
    refused = case.notes.get("refused")
    if isinstance(refused, str):
        case.notes.add(refused=None)
        return Hold(HoldReason.REFUSED_BY_EXCHANGE, data={"said": refused})
    times = case.notes.count("unclear")
    if times < MOST_UNCLEAR:
        return None
    case.notes.reset("unclear")
    return Hold(HoldReason.NO_CLEAR_ANSWER, data={"times": times})


def begin(case: ActionContext, pre_image: dict[str, object]) -> None:
    """The point of no return: everything is checked anew, and what a successor needs is kept. Raises Stopped."""
    failpoint("action.before_begin", key=case.running.job.id)
    case.notes.reset("transient")
    if case.notes.get("refused") is not None:
        case.notes.add(refused=None)
    found = proven(case.running, case.work, case.registry.current())
    record = case.recorder.begins(Phase.ISSUING)
    case.running.begin(pre_image, limits=case.limits_now(), proven=replace(found, record=record))
    failpoint("action.issuing", key=case.running.job.id)


def refused_by_exchange(error: RefusedByExchange) -> Hold:
    """Exchange refused, and has done nothing."""
    return Hold(HoldReason.REFUSED_BY_EXCHANGE, data={"said": said_of(error)})


def said_of(error: RefusedByExchange) -> str:
    """What may be said of an error of Exchange: its type, never its words, which name people."""
    return error.exception_type or error.error_id


def growing_pause(first: timedelta, longest: timedelta, times: int) -> timedelta:
    """Twice as long each time, up to the longest."""
    return min(longest, first * (1 << min(times - 1, 20)))


def _read_back_in(pause: timedelta) -> Defer:
    return Defer(pause, WaitReason.ANSWER_UNCLEAR, phase=Phase.ISSUING, number=Number.ANSWER_UNCLEAR)
