"""Problems of jobs: held for a person, or ready and not taken."""

from collections.abc import Iterator

from exconn.contracts import ACTION_KINDS
from exconn.contracts.next_commands import next_commands
from exconn.contracts.reasons import BRAKES, HoldReason
from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.search import ProblemSearch
from exconn.monitor.problems.table import TAKEN_WITHIN
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
