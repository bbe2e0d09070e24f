"""Problems of connectors: not installed, sweeps that fail, lack something or do not end."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from exconn.ledger import Outcome
from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.problem_texts import INSTALLED_WITHIN, SWEEP_PERIODS
from exconn.monitor.problems.what_finders_see import ProblemSearch
from exconn.monitor.queries import signs
from exconn.monitor.queries.jobs import last_sweep_at
from exconn.monitor.queries.sweeps import incomplete_since, newest_reading

_AS_WANTED = (Outcome.SUCCEEDED, Outcome.CANCELLED)


def differing(search: ProblemSearch) -> Iterator[Problem]:
    """Connectors whose state says otherwise than what intake has pinned."""
    for name, parts in (search.live.differing_states() if search.ledger_answers else {}).items():
        yield Problem(code=ProblemCode.CONNECTOR_DIFFERS, connector=name, values={"parts": ", ".join(parts)})


def not_installed(search: ProblemSearch) -> Iterator[Problem]:
    """Connectors whose installation failed, or takes long."""
    for name, state in search.connectors.items():
        applied = _moment(state, "applied_at")
        late = applied is None or search.now - applied > INSTALLED_WITHIN
        if state.get("state") == "flagged" and (late or state.get("last_error")):
            yield Problem(code=ProblemCode.CONNECTOR_NOT_INSTALLED, connector=name, since=applied)


def sweep_failed(search: ProblemSearch) -> Iterator[Problem]:
    """Connectors whose newest sweep that has ended did not succeed."""
    for name, _ in search.installed():
        sweep = signs.newest_ended_sweep(search.connection, name)
        if sweep and sweep["outcome"] not in _AS_WANTED:
            yield Problem(code=ProblemCode.SWEEP_FAILED, connector=name, kind="sweep", since=sweep["settled_at"])


def reading_incomplete(search: ProblemSearch) -> Iterator[Problem]:
    """Connectors whose newest finished sweep lacks something."""
    for name, _ in search.installed():
        reading = newest_reading(search.connection, name)
        if reading and reading.complete is False:
            yield Problem(
                code=ProblemCode.READING_INCOMPLETE,
                connector=name,
                kind="sweep",
                count=max(sum(reading.gaps.counts.values()), 1),
                since=incomplete_since(search.connection, name),
                command=f"exconn sweeps show {reading.job}",
            )


def sweep_overdue(search: ProblemSearch) -> Iterator[Problem]:
    """Connectors without a finished sweep since long before the newest slot."""
    for name, state in search.installed():
        since = last_sweep_at(search.connection, name) or _moment(state, "installed_at")
        if since and search.now - since > SWEEP_PERIODS * _period(search, name, since):
            yield Problem(code=ProblemCode.SWEEP_OVERDUE, connector=name, kind="sweep", since=since)


def _period(search: ProblemSearch, name: str, since: datetime) -> timedelta:
    # The definition is read only where it may matter: no schedule is shorter than an hour.
    long_ago = search.now - since > SWEEP_PERIODS * timedelta(hours=1)
    return search.live.full_every(name) if long_ago else timedelta(days=1)


def _moment(state: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(str(state.get(name)))
    except ValueError:
        return None
