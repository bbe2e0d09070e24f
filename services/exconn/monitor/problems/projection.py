"""Problems of the projection: nobody projects, or the projector does not keep up."""

from collections.abc import Iterator

from exconn.keyspace import keys
from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.problem_texts import MOST_LAG
from exconn.monitor.problems.what_finders_see import ProblemSearch
from exconn.monitor.projector import Role
from exconn.monitor.queries import signs
from exconn.monitor.queries.overview import status_position


def projection(search: ProblemSearch) -> Iterator[Problem]:
    """Whether somebody projects, and fast enough."""
    found = search.live.projector(status_position(search.connection)) if search.ledger_answers else None
    if found is None:
        return
    holder, lag = found
    # A monitor that has just started has not asked for the lease yet.
    if not holder and search.role is not Role.STARTING:
        yield Problem(code=ProblemCode.NO_PROJECTOR, since=signs.projected_at(search.connection, keys.STATUS))
    elif lag > MOST_LAG:
        seconds = int(lag.total_seconds())
        yield Problem(code=ProblemCode.PROJECTOR_BEHIND, since=search.now - lag, values={"seconds": seconds})
