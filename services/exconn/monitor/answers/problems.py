"""The list of problems as it is shown, and the health of the monitor."""

import re

from sqlalchemy.exc import SQLAlchemyError

from exconn.contracts.findings import EARLIER
from exconn.monitor.answers.errors import AwayError
from exconn.monitor.answers.models import AcknowledgedView, HealthView, ProblemView
from exconn.monitor.answers.source import Source
from exconn.monitor.problems import Problem, ProblemSeverity
from exconn.monitor.projector import Role
from exconn.monitor.projector.findings import ALARMS
from exconn.monitor.queries import signs

#: Links and marks of code are for the operations page; elsewhere their text stands alone.
_MARKUP = re.compile(r"\[([^]]+)\]\([^)]*\)|`([^`]*)`")


def problems(source: Source) -> list[ProblemView]:
    """Everything that is wrong, the worst first."""
    return [_shown(problem) for problem in source.problems.now()]


def acknowledged(source: Source, *, limit: int) -> list[AcknowledgedView]:
    """Findings that people have acknowledged, the newest word first."""
    codes = {name: code for code, name in ALARMS.items()}
    with source.connect() as connection:
        return [
            AcknowledgedView(
                code=codes[row["name"]],
                finding=row["finding"] or EARLIER,
                text=row["text"],
                since=row["raised_at"],
                acknowledged_at=row["acknowledged_at"],
                by=row["acknowledged_by"],
                because=row["because"],
            )
            for row in signs.acknowledged_alarms(connection, limit)
            if row["name"] in codes
        ]


def health(source: Source) -> HealthView:
    """Whether this process can do its work, and how the system is. Raises AwayError.

    Only the first makes the answer an error: a probe that starts the monitor anew cannot help where a wipe is held.
    """
    try:
        found = source.problems.now()
    except SQLAlchemyError as exc:
        raise AwayError("database", remedy="look at the monitor's log, and at EXCONN_MONITOR_DATABASE") from exc
    role = source.role()
    if role is Role.FAILING or not source.live.reachable():
        raise AwayError("ledger", remedy="start the ledger server or correct EXCONN_LEDGER_URL")
    critical = _codes(found, ProblemSeverity.CRITICAL)
    return HealthView(
        status="unhealthy" if critical else "healthy",
        projector=role.value,
        critical=critical,
        warnings=_codes(found, ProblemSeverity.WARNING),
    )


def _codes(found: list[Problem], severity: ProblemSeverity) -> list[str]:
    return list(dict.fromkeys(problem.code.value for problem in found if problem.severity is severity))


def _shown(problem: Problem) -> ProblemView:
    return ProblemView(
        code=problem.code,
        severity=problem.severity,
        text=problem.text,
        since=problem.since,
        count=problem.count,
        connector=problem.connector,
        service=problem.service,
        account=problem.account,
        kind=problem.kind,
        reason=problem.reason,
        meaning=_MARKUP.sub(r"\1\2", problem.row.meaning),
        remedy=_MARKUP.sub(r"\1\2", problem.row.remedy),
        command=problem.next_command,
        finding=problem.finding,
    )
