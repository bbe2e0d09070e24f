"""Devices as they are shown."""

from typing import Any

from exconn.contracts import ClientClass, erases
from exconn.monitor.answers.device_wipe_times import wipe_times
from exconn.monitor.answers.errors import BadQuestionError, NotKnownError
from exconn.monitor.answers.filters import check_devices
from exconn.monitor.answers.jobs import job_of
from exconn.monitor.answers.models import DeviceDetailView, DevicesView, DeviceView, WipeTimesView
from exconn.monitor.answers.source import Source
from exconn.monitor.queries.cursor import BadCursorError
from exconn.monitor.queries.devices import DeviceFilter, find_device, list_devices
from exconn.monitor.queries.jobs import JobFilter, last_sweep_at, list_jobs
from exconn.monitor.queries.page import MAX_LIMIT, Row

REMEDY = "search with `exconn devices list --search NAME`; a new device appears after the next sweep"


def devices(source: Source, wanted: DeviceFilter, *, limit: int, after: str) -> DevicesView:
    """One page of devices. Raises BadQuestionError, NotKnownError."""
    check_devices(source, wanted)
    try:
        with source.connect() as connection:
            page = list_devices(connection, wanted, limit=limit, after=after)
    except BadCursorError as exc:
        raise BadQuestionError("after", "not a place in this list", remedy="use `next` of the last answer") from exc
    return DevicesView(devices=[_device(row) for row in page.rows], next=page.next, total=page.total or 0)


def device(source: Source, guid: str, *, connector: str = "") -> DeviceDetailView:
    """Everything about one device. Raises NotKnownError."""
    with source.connect() as connection:
        row = find_device(connection, guid, connector=connector)
        if row is None:
            raise NotKnownError("device", guid, remedy=REMEDY)
        of_device = JobFilter(connector=row["connector"], device=row["guid"])
        history = list_jobs(connection, of_device, limit=MAX_LIMIT).rows
        swept_at = last_sweep_at(connection, row["connector"])
    told = {"history": [job_of(job) for job in history], "swept_at": swept_at}
    return DeviceDetailView.model_validate({**_fields(row), **told})


def _device(row: Row) -> DeviceView:
    return DeviceView.model_validate(_fields(row))


def _fields(row: Row) -> dict[str, Any]:
    shown = WipeTimesView(requested=row["wipe_requested"], sent=row["wipe_sent"], acknowledged=row["wipe_acknowledged"])
    account_only = WipeTimesView(
        requested=row["account_wipe_requested"],
        sent=row["account_wipe_sent"],
        acknowledged=row["account_wipe_acknowledged"],
    )
    return {
        **row,
        "erases": erases(ClientClass(row["client"])),
        "wipe": wipe_times(shown, row["wipe_phases"], row["wipe_data"]),
        "account_only_wipe": account_only,
    }
