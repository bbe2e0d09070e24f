"""Jobs and actions as they are shown."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from exconn.contracts.kinds import row_of
from exconn.monitor.answers.errors import BadQuestionError, NotKnownError
from exconn.monitor.answers.filters import check_jobs
from exconn.monitor.answers.messages import message_of
from exconn.monitor.answers.models import (
    ActionDetailView,
    ActionsView,
    ActionView,
    JobDetailView,
    JobsView,
    JobView,
    MessageView,
    StepView,
)
from exconn.monitor.answers.source import Source
from exconn.monitor.answers.steps import steps_of
from exconn.monitor.queries import jobs as queries
from exconn.monitor.queries.cursor import BadCursorError
from exconn.monitor.queries.jobs import JobFilter
from exconn.monitor.queries.messages import MessageFilter, newest_messages
from exconn.monitor.queries.page import MAX_LIMIT, ResultPage, Row


def jobs(source: Source, wanted: JobFilter, *, limit: int, after: str) -> JobsView:
    """One page of jobs, newest first. Raises BadQuestionError, NotKnownError."""
    check_jobs(source, wanted)
    page = _page(source, lambda connection: queries.list_jobs(connection, wanted, limit=limit, after=after))
    return JobsView(jobs=[job_of(row) for row in page.rows], next=page.next)


def actions(source: Source, wanted: JobFilter, *, limit: int, after: str) -> ActionsView:
    """One page of actions with their devices, newest first. Raises BadQuestionError, NotKnownError."""
    check_jobs(source, wanted)
    page = _page(source, lambda connection: queries.list_actions(connection, wanted, limit=limit, after=after))
    return ActionsView(actions=[ActionView.model_validate(_action(row)) for row in page.rows], next=page.next)


def job(source: Source, job_id: str) -> JobDetailView:
    """One job with its messages. Raises NotKnownError."""
    with source.connect() as connection:
        row = queries.find_job(connection, job_id)
        if row is None:
            raise NotKnownError("job", job_id, remedy="see `exconn jobs list`")
        told = _messages(connection, job_id)
        children = queries.children_by_state(connection, job_id)
    seen = {"messages": told, "children": children, "looks": source.live.looks(job_id), "steps": _steps(row)}
    return JobDetailView.model_validate({**row, **seen})


def action(source: Source, job_id: str) -> ActionDetailView:
    """One action with its device and messages. Raises NotKnownError."""
    with source.connect() as connection:
        row = queries.find_action(connection, job_id)
        if row is None:
            raise NotKnownError("action", job_id, remedy="see `exconn actions list`")
        told = _messages(connection, job_id)
    return ActionDetailView.model_validate({**_action(row), "messages": told, "looks": source.live.looks(job_id)})


def job_of(row: Row) -> JobView:
    """A row of the table of jobs, as it is shown."""
    return JobView.model_validate(row)


def _page(source: Source, read: Callable[[Connection], ResultPage]) -> ResultPage:
    try:
        with source.connect() as connection:
            return read(connection)
    except BadCursorError as exc:
        raise BadQuestionError("after", "not a place in this list", remedy="use `next` of the last answer") from exc


def _messages(connection: Connection, job_id: str) -> list[MessageView]:
    rows = newest_messages(connection, MessageFilter(job=job_id), limit=MAX_LIMIT)
    return [message_of(row) for row in reversed(rows)]


def _action(row: Row) -> dict[str, Any]:
    return {**row, "steps": _steps(row)}


def _steps(row: Row) -> list[StepView]:
    known = row_of(row["id"])
    if known is None:
        return []
    reached = {phase: datetime.fromisoformat(at) for phase, at in row["phases"].items()}
    return steps_of(known.life, row["phase"], row["state"], {known.life.first.value: row["queued_at"], **reached})
