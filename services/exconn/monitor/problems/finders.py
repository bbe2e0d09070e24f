"""The list of problems: every finder is asked, the worst problem comes first.

`codes.py` has the code of each problem, `problem_texts.py` its severity, its words and what to do.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from exconn.contracts import ACTION_KINDS
from exconn.logs import get_logger
from exconn.monitor.live import LiveLedger
from exconn.monitor.problems import (
    brakes,
    connectors,
    exchange,
    jobs,
    ledger_server,
    processes,
    projection,
    records,
    registry,
)
from exconn.monitor.problems.codes import ProblemCode, ProblemSeverity
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.what_finders_see import ProblemSearch
from exconn.monitor.projector import Role

logger = get_logger(__name__)

Finder = Callable[[ProblemSearch], Iterator[Problem]]

#: A new problem is a code, its row of the table, and a finder here.
FINDERS: tuple[Finder, ...] = (
    ledger_server.unreachable,
    ledger_server.full,
    ledger_server.ended,
    ledger_server.changed,
    brakes.set_back,
    brakes.paused,
    brakes.pending,
    records.alarms,
    records.put_aside,
    records.refused,
    records.dead_letters,
    records.unchecked,
    projection.projection,
    registry.refused,
    registry.wider,
    processes.missing,
    processes.silent,
    processes.unheard,
    processes.unbounded,
    processes.lost,
    exchange.accounts,
    exchange.failing,
    connectors.differing,
    connectors.not_installed,
    connectors.sweep_failed,
    connectors.reading_incomplete,
    connectors.sweep_overdue,
    jobs.held,
    jobs.delayed,
    jobs.not_taken,
)
#: Pages, status and metrics that ask within this time get the same list.
KEPT_FOR = timedelta(seconds=2)

_SEVERITIES = list(ProblemSeverity)
_CODES = list(ProblemCode)


def find_problems(
    connection: Connection, live: LiveLedger, role: Role, *, checks_records: bool = True
) -> list[Problem]:
    """Everything that is wrong now, the worst first. Raises SQLAlchemyError."""
    search = ProblemSearch(connection, live, role, live.now(), checks_records)
    found: list[Problem] = []
    failed: list[str] = []
    for finder in FINDERS:
        try:
            found += finder(search)
        except SQLAlchemyError:
            raise
        except Exception as exc:  # noqa: BLE001  (nobody lists what a value that somebody else wrote can raise)
            # Whatever one of them stumbles over is not to hide what the others see, nor what it has seen before.
            name = f"{finder.__module__.rpartition('.')[2]}.{finder.__name__}"
            logger.warning("problems not looked for", finder=name, reason=type(exc).__name__)
            failed.append(name)
    if failed:
        found.append(Problem(code=ProblemCode.LEDGER_UNREADABLE, values={"finders": ", ".join(failed)}))
    return sorted(found, key=_order)


def _order(problem: Problem) -> tuple[int, int, str, int]:
    """Within one code wipes come before other actions, and those before other jobs."""
    kinds = (*ACTION_KINDS, problem.kind)
    return (
        _SEVERITIES.index(problem.severity),
        _CODES.index(problem.code),
        problem.connector,
        kinds.index(problem.kind),
    )


class ProblemList:
    """The list, found anew when it is asked for after a while, and by one asker at a time."""

    def __init__(
        self,
        engine: Engine,
        live: LiveLedger,
        role: Callable[[], Role],
        *,
        checks_records: bool = True,
        kept_for: timedelta = KEPT_FOR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._live, self._role = engine, live, role
        self._checks_records = checks_records
        self._kept_for = kept_for.total_seconds()
        self._clock = clock
        self._lock = threading.Lock()
        self._found: list[Problem] = []
        self._found_at = float("-inf")

    def now(self) -> list[Problem]:
        """The problems, the worst first. Raises SQLAlchemyError."""
        with self._lock:
            if self._clock() - self._found_at >= self._kept_for:
                with self._engine.connect() as connection:
                    self._found = find_problems(
                        connection, self._live, self._role(), checks_records=self._checks_records
                    )
                self._found_at = self._clock()
            return self._found
