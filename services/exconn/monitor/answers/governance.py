"""Policy, brakes and dead letters as they are shown."""

from typing import Any

from exconn.contracts import BRAKES, ClientClass, Kind
from exconn.contracts.policy_reach import policy_reach
from exconn.monitor.answers.errors import LEDGER_REMEDY, AwayError
from exconn.monitor.answers.jobs import job_of
from exconn.monitor.answers.models import (
    BrakesView,
    ChangesView,
    ChangeView,
    DeadLettersView,
    DeadLetterView,
    HeldView,
    JobView,
    PolicyClientsView,
    PolicyStateView,
)
from exconn.monitor.answers.overview import connector
from exconn.monitor.answers.source import Source
from exconn.monitor.instant import from_ms
from exconn.monitor.queries.devices import count_clients
from exconn.monitor.queries.jobs import JobFilter, list_jobs
from exconn.monitor.queries.page import MAX_LIMIT


def policy(source: Source, name: str) -> PolicyStateView:
    """The newest plan of a connector. Raises NotKnownError."""
    connector(source, name)
    with source.connect() as connection:
        wanted = JobFilter(connector=name, kind=Kind.POLICY_PLAN)
        rows = list_jobs(connection, wanted, limit=1).rows
    if not rows:
        return PolicyStateView(
            connector=name,
            plan=None,
            state="none",
            outcome="",
            planned_at=None,
            digest=None,
            policy=None,
            drift=None,
            result={},
        )
    newest = job_of(rows[0])
    plan = source.live.plan(name, newest.id) or {}
    return PolicyStateView(
        connector=name,
        plan=newest.id,
        state=newest.state,
        outcome=newest.outcome,
        planned_at=newest.settled_at,
        digest=_text(newest.data.get("digest")),
        policy=_text(plan.get("policy")),
        drift=_drift(newest.data.get("changes"), plan),
        clients=policy_clients(source, newest),
        result=newest.data,
    )


def policy_clients(source: Source, plan: JobView) -> list[PolicyClientsView]:
    """Whom the changes of a plan are about: the devices that are known now; of one that changes nothing none."""
    changed = [str(change.get("parameter")) for change in _drift(plan.data.get("changes"), {}) or ()]
    if not changed:
        return []
    with source.connect() as connection:
        counts = count_clients(connection, plan.connector, _text(plan.data.get("policy_name")) or "")
    views = []
    for client in (client for client in ClientClass if counts.get(client)):
        reach = policy_reach(client, changed)
        views.append(
            PolicyClientsView(
                client=client,
                devices=counts[client],
                obeys=reach.obeys,
                settings=reach.settings,
                on_android=reach.on_android,
            )
        )
    return views


def brakes(source: Source, name: str) -> BrakesView:
    """The brakes of a connector. Raises NotKnownError."""
    found = connector(source, name)
    with source.connect() as connection:
        held = list_jobs(connection, JobFilter(connector=name, state="held"), limit=MAX_LIMIT).rows
    requests = source.live.requests([row["id"] for row in held if row["reason"] in BRAKES])
    return BrakesView(
        connector=name,
        switch=found.switch,
        paused_by=found.paused_by,
        paused_at=found.paused_at,
        held=[HeldView.model_validate({**row, "request": requests.get(row["id"], "")}) for row in held],
        windows=source.live.breaker(name),
    )


def changes(source: Source, name: str = "") -> ChangesView:
    """What waits for a second requester, the oldest first; of one connector where it is named. Raises AwayError."""
    found = source.live.changes()
    if found is None:
        raise AwayError("ledger", remedy=LEDGER_REMEDY)
    shown = [change for change in found if name in ("", change.connector)]
    return ChangesView(changes=[ChangeView.model_validate(change.model_dump(mode="json")) for change in shown])


def dead_letters(source: Source, *, limit: int) -> DeadLettersView:
    """The newest dead letters, newest first. Raises AwayError."""
    found = source.live.dead_letters(limit)
    if found is None:
        raise AwayError("ledger", remedy=LEDGER_REMEDY)
    return DeadLettersView(deadletters=[_dead_letter(record, fields) for record, fields in found])


def _dead_letter(record: str, fields: dict[str, str]) -> DeadLetterView:
    at, size = fields.get("at", ""), fields.get("size", "")
    return DeadLetterView(
        id=record,
        at=from_ms(int(at)) if at.isdigit() and len(at) < 15 else None,
        service=fields.get("service", ""),
        queue=fields.get("queue", ""),
        reason=fields.get("reason", ""),
        size=int(size) if size.isdigit() else 0,
        digest=fields.get("digest", ""),
        body=fields.get("body", ""),
    )


def _drift(told: object, plan: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The changes as the plan's job told them, else as they are stored."""
    if isinstance(told, list):
        return [change for change in told if isinstance(change, dict)]
    changes = plan.get("changes")
    if not isinstance(changes, list):
        return None
    return [
        {"parameter": change[0], "found": change[1], "wanted": change[2]}
        for change in changes
        if isinstance(change, list) and len(change) == 3
    ]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
