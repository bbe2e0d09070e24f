"""The pages: overview, devices, device, jobs, job, messages."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from exconn.contracts import ACTION_KINDS, ClientClass, Kind
from exconn.ledger import State
from exconn.monitor.answers import devices as about_devices
from exconn.monitor.answers import governance
from exconn.monitor.answers import jobs as about_jobs
from exconn.monitor.answers import messages as about_messages
from exconn.monitor.answers import overview as about_overview
from exconn.monitor.answers import sweeps as about_sweeps
from exconn.monitor.answers.models import JobView
from exconn.monitor.answers.source import Source
from exconn.monitor.answers.steps import in_order
from exconn.monitor.api.parameters import MAX_SEQUENCE, After, Record, Word
from exconn.monitor.pages import commands
from exconn.monitor.pages.job_results import changes, lacking, left, results
from exconn.monitor.pages.render import render
from exconn.monitor.projector.job_rows import SETTLED
from exconn.monitor.queries.devices import DeviceFilter, access_states
from exconn.monitor.queries.jobs import JobFilter
from exconn.monitor.queries.messages import MessageFilter, Place, newest_messages

ROWS = 50
#: How often a page that shows the present reloads itself, in seconds.
REFRESH = 5


def page_routes(source: Source) -> APIRouter:
    """All pages."""
    routes = APIRouter()
    for add in (_overview, _devices, _jobs, _messages):
        add(routes, source)
    return routes


def _overview(routes: APIRouter, source: Source) -> None:
    @routes.get("/")
    def overview(request: Request) -> Response:
        seen = about_overview.overview(source)
        with source.connect() as connection:
            newest = newest_messages(connection, MessageFilter(), limit=8)
            recent = [about_messages.message_of(row) for row in newest.rows]
        return render(
            request,
            "overview.html",
            refresh=REFRESH,
            seen=seen,
            recent=recent,
            phases=in_order(seen.actions),
            commands=commands.for_overview(seen),
        )


def _devices(routes: APIRouter, source: Source) -> None:
    @routes.get("/devices")
    def devices(
        request: Request, q: Word = "", state: Word = "", client: Word = "", connector: Word = "", after: After = ""
    ) -> Response:
        wanted = DeviceFilter(connector=connector, q=q, state=state, client=client)
        page = about_devices.devices(source, wanted, limit=ROWS, after=after)
        with source.connect() as connection:
            states = access_states(connection)
        chosen = {"q": q, "state": state, "client": client, "connector": connector}
        return render(
            request,
            "devices.html",
            page=page,
            states=states,
            clients=list(ClientClass),
            chosen=chosen,
            connectors=_connector_names(source),
            next_link=_link(chosen, after=page.next),
        )

    @routes.get("/devices/{guid}")
    def device(request: Request, guid: str, connector: Word = "") -> Response:
        found = about_devices.device(source, guid, connector=connector)
        return render(
            request,
            "device.html",
            refresh=REFRESH if found.open_action else 0,
            device=found,
            commands=commands.for_device(found),
        )


def _jobs(routes: APIRouter, source: Source) -> None:
    @routes.get("/jobs")
    def jobs(
        request: Request,
        kind: Word = "",
        state: Word = "",
        connector: Word = "",
        parent: Word = "",
        only: Literal["", "open-actions"] = "",
        after: After = "",
    ) -> Response:
        wanted = JobFilter(connector=connector, kind=kind, state=state, parent=parent, open_actions=bool(only))
        page = about_jobs.jobs(source, wanted, limit=ROWS, after=after)
        chosen = {"kind": kind, "state": state, "connector": connector, "parent": parent, "only": only}
        return render(
            request,
            "jobs.html",
            refresh=0 if after else REFRESH,
            page=page,
            kinds=[known.value for known in Kind],
            states=[state.value for state in State],
            action_kinds=ACTION_KINDS,  # where a job of another kind was before it ended, says nothing
            chosen=chosen,
            connectors=_connector_names(source),
            next_link=_link(chosen, after=page.next),
        )

    @routes.get("/jobs/{job_id}")
    def job(request: Request, job_id: str) -> Response:
        found = about_jobs.job(source, job_id)
        return render(
            request,
            "job.html",
            refresh=0 if found.state == SETTLED else REFRESH,
            job=found,
            device_name=_device_name(source, found),
            results=results(found.id, found.data),
            changes=changes(found.data),
            lacking=lacking(found.data),
            left=left(found.data),
            clients=governance.policy_clients(source, found) if found.kind == Kind.POLICY_PLAN else [],
            reading=about_sweeps.reading(source, job_id) if found.kind == Kind.SWEEP else None,
            commands=commands.for_job(found),
        )


def _messages(routes: APIRouter, source: Source) -> None:
    @routes.get("/messages")
    def messages(
        request: Request,
        severity: Word = "",
        connector: Word = "",
        job: Word = "",
        before: Annotated[int | None, Query(ge=0, le=MAX_SEQUENCE)] = None,
        before_record: Record = "",
    ) -> Response:
        wanted = about_messages.filter_of(source, connector=connector, job=job, severity=severity)
        with source.connect() as connection:
            place = None if before is None else Place(before, before_record)
            page = newest_messages(connection, wanted, limit=ROWS, before=place)
        chosen = {"severity": severity, "connector": connector, "job": job}
        more = page.end if len(page.rows) >= ROWS else None
        return render(
            request,
            "messages.html",
            refresh=0 if before is not None else REFRESH,
            messages=[about_messages.message_of(row) for row in page.rows],
            chosen=chosen,
            connectors=_connector_names(source),
            next_link=_link(chosen, before=str(more.sequence), before_record=more.record) if more else None,
        )


def _connector_names(source: Source) -> list[str]:
    return [one.name for one in about_overview.connectors(source)]


def _link(chosen: dict[str, str], **place: str | None) -> str | None:
    """The query of the next page, or None at the end."""
    if None in place.values():
        return None
    return urlencode({name: value for name, value in (chosen | place).items() if value})


def _device_name(source: Source, job: JobView) -> str | None:
    return about_jobs.action(source, job.id).device_name if job.kind in ACTION_KINDS else None
