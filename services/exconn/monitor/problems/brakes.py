"""Problems of brakes: what stands still because its kill switch is on."""

from collections.abc import Iterator
from datetime import datetime

from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.what_finders_see import ProblemSearch
from exconn.monitor.queries import signs
from exconn.stream import Number

#: The ledger says which: its record ends too early, or has other records in place of those that are known.
_SET_BACK = (Number.LEDGER_SET_BACK, Number.LEDGER_RECORDS_LOST)


def paused(search: ProblemSearch) -> Iterator[Problem]:
    """Connectors that somebody, or a ledger that was set back, has paused."""
    for name in search.paused:
        since = signs.last_told(search.connection, Number.BRAKE_PAUSED, name)
        yield Problem(code=ProblemCode.KILL_SWITCH_ON, connector=name, since=since)


def pending(search: ProblemSearch) -> Iterator[Problem]:
    """Changes that wait for a second requester, by the connector that they are about."""
    found = search.live.changes() or []
    for name in sorted({change.connector for change in found}):
        waiting = [change for change in found if change.connector == name]
        first = waiting[0]
        command = f"exconn brakes release {first.id}"
        yield Problem(
            code=ProblemCode.CHANGE_PENDING, connector=name, count=len(waiting), since=first.at, command=command
        )


def set_back(search: ProblemSearch) -> Iterator[Problem]:
    """Connectors that nobody has resumed since the ledger was set back."""
    told = [signs.last_told(search.connection, number) for number in _SET_BACK] if search.paused else []
    since = max((moment for moment in told if moment), default=None)
    if since is None:
        return
    for name in search.paused:
        if not _was_resumed(search, name, since):
            yield Problem(code=ProblemCode.LEDGER_SET_BACK, connector=name, since=since)


def _was_resumed(search: ProblemSearch, name: str, since: datetime) -> bool:
    """Whether somebody resumed since, and then paused again: every service may say the one, intake alone keeps the
    other."""
    resumed = signs.last_told(search.connection, Number.BRAKE_RESUMED, name)
    paused = search.live.paused_by(name)
    return resumed is not None and paused is not None and min(resumed, paused[1]) >= since
