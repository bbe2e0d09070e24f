"""Problems of brakes: what stands still because its kill switch is on."""

from collections.abc import Iterator

from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.search import ProblemSearch
from exconn.monitor.queries import signs
from exconn.stream import Number


def paused(search: ProblemSearch) -> Iterator[Problem]:
    """Connectors that somebody, or a ledger that was set back, has paused."""
    for name in search.paused:
        since = signs.last_told(search.connection, Number.BRAKE_PAUSED, name)
        yield Problem(code=ProblemCode.KILL_SWITCH_ON, connector=name, since=since)


def set_back(search: ProblemSearch) -> Iterator[Problem]:
    """Connectors that nobody has resumed since the ledger was set back."""
    since = signs.last_told(search.connection, Number.LEDGER_SET_BACK) if search.paused else None
    if since is None:
        return
    for name in search.paused:
        resumed = signs.last_told(search.connection, Number.BRAKE_RESUMED, name)
        if resumed is None or resumed < since:
            yield Problem(code=ProblemCode.LEDGER_SET_BACK, connector=name, since=since)
