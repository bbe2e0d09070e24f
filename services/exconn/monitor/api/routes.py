"""The endpoints under /v1, and /health. Every one reads; a question without an answer is an error with a remedy."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from exconn.monitor.answers import devices as about_devices
from exconn.monitor.answers import governance, overview
from exconn.monitor.answers import jobs as about_jobs
from exconn.monitor.answers import messages as about_messages
from exconn.monitor.answers import models as m
from exconn.monitor.answers import problems as about_problems
from exconn.monitor.answers import sweeps as about_sweeps
from exconn.monitor.answers.readings import ReadingView
from exconn.monitor.answers.source import Source
from exconn.monitor.api.parameters import (
    ActionPhase,
    After,
    Client,
    Connector,
    JobKind,
    JobState,
    Limit,
    Record,
    Sequence,
    Severity,
    Word,
)
from exconn.monitor.queries.devices import DeviceFilter
from exconn.monitor.queries.jobs import JobFilter
from exconn.monitor.queries.messages import Place
from exconn.monitor.queries.page import DEFAULT_LIMIT

MAX_WAIT_SECONDS = 20
#: How often a waiting question looks again; one indexed read each.
LOOK_EVERY_SECONDS = 0.2
#: More questions than this do not wait, so that waiting ones cannot use up the process.
MAX_WAITING = 64


def api_routes(source: Source, stopping: Callable[[], bool]) -> APIRouter:
    """All endpoints; those that wait give up once `stopping`."""
    routes = APIRouter()
    for add in (_about_overview, _about_devices, _about_jobs, _about_governance):
        add(routes, source)
    _about_messages(routes, source, stopping)
    return routes


def _about_overview(routes: APIRouter, source: Source) -> None:
    @routes.get("/v1/overview")
    def show_overview() -> m.OverviewView:
        """Connectors, counts, workers, problems."""
        return overview.overview(source)

    @routes.get("/v1/problems")
    def list_problems() -> m.ProblemsView:
        """Everything that is wrong, the worst first."""
        return m.ProblemsView(problems=about_problems.problems(source))

    @routes.get("/v1/problems/acknowledged")
    def list_acknowledged(limit: Limit = DEFAULT_LIMIT) -> m.AcknowledgedListView:
        """Findings about the record that people have acknowledged, the newest word first."""
        return m.AcknowledgedListView(acknowledged=about_problems.acknowledged(source, limit=limit))

    @routes.get("/v1/connectors")
    def list_connectors() -> m.ConnectorsView:
        """Every connector."""
        return m.ConnectorsView(connectors=overview.connectors(source))

    @routes.get("/v1/connectors/{name}")
    def show_connector(name: str) -> m.ConnectorView:
        """One connector."""
        return overview.connector(source, name)

    @routes.get("/health")
    def show_health() -> m.HealthView:
        """Whether this process can do its work (else 503), and whether a problem of the system is critical."""
        return about_problems.health(source)


def _about_devices(routes: APIRouter, source: Source) -> None:
    @routes.get("/v1/devices")
    def list_devices(
        connector: Connector = "",
        q: Word = "",
        state: Word = "",
        client: Client = "",
        limit: Limit = DEFAULT_LIMIT,
        after: After = "",
    ) -> m.DevicesView:
        """Devices by name; `q` looks in names, addresses and ids, `state` is an access state, `client` a class."""
        wanted = DeviceFilter(connector=connector, q=q, state=state, client=client)
        return about_devices.devices(source, wanted, limit=limit, after=after)

    @routes.get("/v1/devices/{guid}")
    def show_device(guid: str, connector: Word = "") -> m.DeviceDetailView:
        """Everything about one device, with its actions."""
        return about_devices.device(source, guid, connector=connector)


def _about_jobs(routes: APIRouter, source: Source) -> None:
    @routes.get("/v1/jobs")
    def list_jobs(
        connector: Connector = "",
        kind: JobKind = "",
        state: JobState = "",
        parent: Word = "",
        limit: Limit = DEFAULT_LIMIT,
        after: After = "",
    ) -> m.JobsView:
        """Jobs, newest first."""
        wanted = JobFilter(connector=connector, kind=kind, state=state, parent=parent)
        return about_jobs.jobs(source, wanted, limit=limit, after=after)

    @routes.get("/v1/jobs/{job_id}")
    def show_job(job_id: str) -> m.JobDetailView:
        """One job with its messages."""
        return about_jobs.job(source, job_id)

    @routes.get("/v1/actions")
    def list_actions(
        connector: Connector = "",
        phase: ActionPhase = "",
        state: JobState = "",
        device: Word = "",
        limit: Limit = DEFAULT_LIMIT,
        after: After = "",
    ) -> m.ActionsView:
        """Actions with their devices, newest first."""
        wanted = JobFilter(connector=connector, phase=phase, state=state, device=device)
        return about_jobs.actions(source, wanted, limit=limit, after=after)

    @routes.get("/v1/actions/{job_id}")
    def show_action(job_id: str) -> m.ActionDetailView:
        """One action with its device and messages."""
        return about_jobs.action(source, job_id)

    @routes.get("/v1/sweeps")
    def list_sweeps(connector: Connector = "", limit: Limit = DEFAULT_LIMIT) -> m.SweepsView:
        """Sweeps, newest first."""
        return about_sweeps.sweeps(source, connector=connector, limit=limit)

    @routes.get("/v1/sweeps/{job_id}/reading")
    def show_reading(job_id: str) -> ReadingView:
        """Whether a sweep read everything, and what it could not read."""
        return about_sweeps.reading(source, job_id)


def _about_governance(routes: APIRouter, source: Source) -> None:
    @routes.get("/v1/policy/{connector}")
    def show_policy(connector: str) -> m.PolicyStateView:
        """The newest policy plan."""
        return governance.policy(source, connector)

    @routes.get("/v1/brakes/{connector}")
    def show_brakes(connector: str) -> m.BrakesView:
        """The kill switch, held jobs and the breaker's windows."""
        return governance.brakes(source, connector)

    @routes.get("/v1/changes")
    def list_changes(connector: Word = "") -> m.ChangesView:
        """Changes that wait for a second requester, of every connector, the oldest first."""
        return governance.changes(source, connector)

    @routes.get("/v1/deadletters")
    def list_dead_letters(limit: Limit = DEFAULT_LIMIT) -> m.DeadLettersView:
        """Messages that no worker could read, newest first."""
        return governance.dead_letters(source, limit=limit)


def _about_messages(routes: APIRouter, source: Source, stopping: Callable[[], bool]) -> None:
    waiting = 0

    @routes.get("/v1/messages")
    async def list_messages(
        request: Request,
        connector: Connector = "",
        job: Word = "",
        severity: Severity = "",
        after: Sequence = None,
        after_record: Record = "",
        limit: Limit = DEFAULT_LIMIT,
        wait: Annotated[float, Query(ge=0, le=MAX_WAIT_SECONDS, description="seconds to wait for the first")] = 0,
    ) -> m.MessagesView:
        """Messages in order of their sequence; with `wait`, answers as soon as there is one.

        All messages of one number are in one answer, so it may be longer than `limit`. Where there are more than any
        answer holds, the answer has a `next_record`, to be sent as `after_record`.
        """
        nonlocal waiting
        wanted = await run_in_threadpool(
            about_messages.filter_of, source, connector=connector, job=job, severity=severity
        )
        place = None if after is None else Place(after, after_record)
        deadline = time.monotonic() + wait
        may_wait = wait > 0 and waiting < MAX_WAITING
        waiting += may_wait
        try:
            while True:
                found = await run_in_threadpool(about_messages.messages, source, wanted, after=place, limit=limit)
                over = time.monotonic() >= deadline or stopping() or await request.is_disconnected()
                if found.messages or not may_wait or over:
                    return found
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        finally:
            waiting -= may_wait
