"""Problems of the ledger server: it does not answer, runs out of memory, is another one, or has another time."""

from collections.abc import Iterator

from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.problem_texts import NEARLY_FULL_PERCENT, SERVER_CHANGED_WITHIN
from exconn.monitor.problems.what_finders_see import ProblemSearch
from exconn.monitor.queries import signs
from exconn.stream import Number

FULL_PERCENT = 100
_CHANGES = {
    Number.LEDGER_TAKEN_OVER: ProblemCode.LEDGER_TAKEN_OVER,
    Number.CLOCK_STEPPED: ProblemCode.CLOCK_STEPPED,
}


def unreachable(search: ProblemSearch) -> Iterator[Problem]:
    """The ledger does not answer."""
    if not search.ledger_answers:
        yield Problem(code=ProblemCode.LEDGER_UNREACHABLE)


def full(search: ProblemSearch) -> Iterator[Problem]:
    """Its memory is used up, or soon will be."""
    used = search.live.used_memory() if search.ledger_answers else None
    percent = int((used or 0) * 100)
    if percent >= NEARLY_FULL_PERCENT:
        code = ProblemCode.LEDGER_FULL if percent >= FULL_PERCENT else ProblemCode.LEDGER_NEARLY_FULL
        yield Problem(code=code, values={"percent": percent})


def ended(search: ProblemSearch) -> Iterator[Problem]:
    """A stream takes no more records."""
    for stream in search.live.ended_streams(search.known or {}):
        yield Problem(code=ProblemCode.STREAM_ENDED, values={"stream": stream})


def changed(search: ProblemSearch) -> Iterator[Problem]:
    """Another server took over, or its clock was set."""
    for number, code in _CHANGES.items():
        told = signs.told_since(search.connection, [number], search.now - SERVER_CHANGED_WITHIN)
        if told:
            since = min(row["since"] for row in told)
            yield Problem(code=code, count=sum(row["count"] for row in told), since=since)
