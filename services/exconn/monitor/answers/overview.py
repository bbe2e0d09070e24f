"""The overview and the connectors."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from exconn.monitor.answers.filters import unknown_connector
from exconn.monitor.answers.models import ConnectorView, OverviewView, ProjectorView, WorkerView
from exconn.monitor.answers.problems import problems
from exconn.monitor.answers.source import Source
from exconn.monitor.queries import overview as queries
from exconn.monitor.queries.page import Counts


def overview(source: Source) -> OverviewView:
    """Everything at a glance; without the ledger what the read model knows."""
    with source.connect() as connection:
        jobs = queries.jobs_by_state(connection)
        actions = queries.open_actions_by_phase(connection)
        devices = queries.devices_by_access(connection)
        last_message = queries.last_message_at(connection)
        position = queries.status_position(connection)
    known = source.live.connectors()
    workers = source.live.workers() or []
    return OverviewView(
        connectors=_connectors(source, known, _totals(devices)),
        jobs=_summed(jobs, by=2),
        actions=_summed(actions, by=2),
        workers=[WorkerView.model_validate(vars(worker)) for worker in workers],
        last_message=last_message,
        projector=_projector(source, position),
        problems=problems(source),
        ledger="unreachable" if known is None else "reachable",
    )


def connectors(source: Source) -> list[ConnectorView]:
    """Every connector, with its devices."""
    with source.connect() as connection:
        devices = _totals(queries.devices_by_access(connection))
    return _connectors(source, source.live.connectors(), devices)


def connector(source: Source, name: str) -> ConnectorView:
    """One connector. Raises NotKnownError."""
    known = {found.name: found for found in connectors(source)}
    if name not in known:
        raise unknown_connector(name, known)
    return known[name]


def _connectors(
    source: Source, known: Mapping[str, Mapping[str, Any]] | None, devices: Mapping[str, int]
) -> list[ConnectorView]:
    if known is None:
        return [ConnectorView(name=name, state="unknown", devices=count) for name, count in sorted(devices.items())]
    return [
        ConnectorView.model_validate(
            {**state, "name": name, "devices": devices.get(name, 0), **_switch(source, name)},
        )
        for name, state in known.items()
    ]


def _switch(source: Source, name: str) -> dict[str, object]:
    """How the kill switch stands, and where it is on who turned it on first, and when."""
    switch = source.live.switch(name)
    paused_by, paused_at = (source.live.paused_by(name) if switch == "paused" else None) or (None, None)
    return {"switch": switch, "paused_by": paused_by, "paused_at": paused_at}


def _projector(source: Source, position: str) -> ProjectorView:
    found = source.live.projector(position)
    role = source.role().value
    if found is None:
        return ProjectorView(last_id=position, lag=None, role=role, holder=None)
    holder, waited = found
    return ProjectorView(last_id=position, lag=waited.total_seconds(), role=role, holder=holder or None)


def _totals(devices: Counts) -> dict[str, int]:
    return _summed(devices, by=0)


def _summed(counts: Counts, *, by: int) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for key, count in counts.items():
        summed[key[by] or "none"] += count
    return dict(summed)
