"""Problems of the ledger server: it does not answer, or runs out of memory."""

from collections.abc import Iterator

from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.search import ProblemSearch
from exconn.monitor.problems.table import NEARLY_FULL_PERCENT

FULL_PERCENT = 100


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
