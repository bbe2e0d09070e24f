"""Problems of jobs: held for a person, or ready and not taken."""

from collections.abc import Iterator

from exconn.contracts import ACTION_KINDS
from exconn.contracts.next_commands import next_commands
from exconn.contracts.reasons import BRAKES, TROUBLES, HoldReason, WaitReason
from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.problem_texts import DONE_WITHIN, TAKEN_WITHIN
from exconn.monitor.problems.what_finders_see import ProblemSearch
from exconn.monitor.queries import signs
from exconn.monitor.queries.page import Row

_BY_REASON = {
    **dict.fromkeys((*BRAKES, HoldReason.SECOND_PERSON), ProblemCode.RELEASE_WANTED),
    HoldReason.UNDELIVERED: ProblemCode.ACTIONS_UNDELIVERED,
    HoldReason.KILLS_ITS_WORKER: ProblemCode.WORKER_KILLED,
}


def held(search: ProblemSearch) -> Iterator[Problem]:
    """Jobs that wait for a person, by why."""
    for group in signs.held_by_reason(search.connection):
        yield Problem(
            code=_code_of(group),
            connector=group["connector"],
            kind=group["kind"],
            reason=group["reason"],
            count=group["count"],
            since=group["since"],
            command=_about_the_one(group),
        )


def _code_of(group: Row) -> ProblemCode:
    other = ProblemCode.ACTIONS_HELD if group["kind"] in ACTION_KINDS else ProblemCode.JOBS_HELD
    return next((code for reason, code in _BY_REASON.items() if reason == group["reason"]), other)


def _about_the_one(group: Row) -> str:
    """A single job has a next command of its own."""
    if group["count"] != 1:
        return ""
    return next_commands(group["one"], group["connector"], state="held", reason=group["reason"])[0].line


def delayed(search: ProblemSearch) -> Iterator[Problem]:
    """Actions that should be in Exchange by now, for a reason that is no problem of its own."""
    for group in signs.not_in_exchange(search.connection, search.now - DONE_WITHIN):
        if not _is_told_elsewhere(search, group):
            yield Problem(
                code=ProblemCode.ACTIONS_DELAYED,
                connector=group["connector"],
                kind=group["kind"],
                reason=group["reason"],
                count=group["count"],
                since=group["since"],
            )


def _is_told_elsewhere(search: ProblemSearch, group: Row) -> bool:
    """Whether what they are said to wait for is so in the ledger now, and thus a problem of its own: whoever may write
    messages can say of an action that it waits for anything."""
    if group["reason"] == WaitReason.KILL_SWITCH:
        return group["connector"] in search.paused
    return group["reason"] in TROUBLES and group["reason"] in search.troubles_of(group["connector"])


def not_taken(search: ProblemSearch) -> Iterator[Problem]:
    """Jobs that a worker could have taken long ago."""
    for group in signs.queued_before(search.connection, search.now - TAKEN_WITHIN):
        yield Problem(
            code=ProblemCode.WORK_WAITS,
            connector=group["connector"],
            service=group["service"],
            count=group["count"],
            since=group["since"],
        )
