"""Pages of facts become rows: devices, what their mailboxes know of them, owners, and the ends of sweeps.

Pages carry what changed, so a device that is in none of a sweep's pages is not missing: it is as it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from pydantic import ValidationError
from sqlalchemy import Connection

from exconn.contracts import (
    FACT_OF,
    FACTS_FORMAT,
    DeviceFact,
    Fact,
    FactsType,
    FinaliseFact,
    client_class,
)
from exconn.keyspace.written import parsed
from exconn.monitor.instant import from_ms
from exconn.monitor.projector.clean import clean_data, clean_text
from exconn.monitor.projector.put_aside import put_aside
from exconn.monitor.tables import devices, owners, sweeps
from exconn.monitor.upsert import upsert
from exconn.stream.reader import Record


class UnreadablePageError(ValueError):
    """A record of a facts stream that is no page of a format we know."""


@dataclass(frozen=True, kw_only=True)
class FactsPage:
    """One readable record of a facts stream; its facts are still raw."""

    type: FactsType
    connector: str
    sweep: int
    job: str
    at: datetime
    facts: Sequence[object]


def store_facts(connection: Connection, stream: str, records: Sequence[Record]) -> None:
    """Write the pages in `records`; what cannot be read is put aside, fact by fact."""
    for record in records:
        try:
            page = parse_page(record[1])
        except UnreadablePageError as exc:
            put_aside(connection, stream, record, str(exc))
            continue
        found: list[Fact] = []
        for part, raw in enumerate(page.facts):
            try:
                found.append(FACT_OF[page.type].model_validate(raw))
            except ValidationError as exc:
                # The error of a fact must not repeat the fact, which is about a person.
                problems = exc.errors(include_input=False, include_url=False, include_context=False)
                fields = ", ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problems[:5])
                put_aside(connection, stream, record, fields, part=part)
        _STORES[page.type](connection, page, found)


def before_newer(records: Sequence[Record]) -> Sequence[Record]:
    """The records before the first page that a newer version wrote; all of them when there is none."""
    for place, (_, fields) in enumerate(records):
        number = fields.get("v", "")
        if number.isdecimal() and int(number[:9]) > FACTS_FORMAT:
            return records[:place]
    return records


def parse_page(fields: Mapping[str, str]) -> FactsPage:
    """The page in a record. Raises UnreadablePageError."""
    try:
        if int(fields["v"]) > FACTS_FORMAT:
            raise UnreadablePageError(f"format {fields['v']}: upgrade the monitor")
        facts = parsed(fields["page"])
        if not isinstance(facts, list):
            raise UnreadablePageError("the page is no list")
        return FactsPage(
            type=FactsType(fields["type"]),
            connector=clean_text(fields["connector"]),
            sweep=int(fields.get("sweep") or 0),
            job=clean_text(fields.get("job", "")),
            at=from_ms(int(fields["at"])),
            facts=facts,
        )
    except (KeyError, ValueError, OverflowError) as exc:
        raise UnreadablePageError(f"{type(exc).__name__}: {exc}") from exc


def _store_devices(connection: Connection, page: FactsPage, found: Sequence[Fact]) -> None:
    rows = [_device_row(page, cast("DeviceFact", fact)) for fact in found]
    upsert(connection, devices, rows)


def _device_row(page: FactsPage, fact: DeviceFact) -> dict[str, Any]:
    row = _clean_row(fact) | {"connector": page.connector, "listed_at": page.at}
    if page.sweep:
        row["listed_in"] = page.sweep
    row["client"] = client_class(
        device_type=row["device_type"],
        model=row["model"],
        user_agent=row["user_agent"],
        client_type=row["client_type"],
    ).value
    row["sort_name"] = row["name"].casefold()[:200]
    row["searched"] = _searched(row["name"], row["owner_name"], row["guid"], row["device_id"], row["friendly_name"])
    return row


def _store_statistics(connection: Connection, page: FactsPage, found: Sequence[Fact]) -> None:
    rows = [_clean_row(fact) | {"connector": page.connector, "statistics_at": page.at} for fact in found]
    for row in rows:
        row["searched"] = row["guid"]
    kept = ("connector", "guid", "searched")
    upsert(connection, devices, rows, update=[name for name in (rows[0] if rows else ()) if name not in kept])


def _store_owners(connection: Connection, page: FactsPage, found: Sequence[Fact]) -> None:
    rows = [_clean_row(fact) | {"connector": page.connector, "updated_at": page.at} for fact in found]
    for row in rows:
        row["searched"] = _searched(row["name"], row["address"], row["guid"])
    upsert(connection, owners, rows)


def _store_finalise(connection: Connection, page: FactsPage, found: Sequence[Fact]) -> None:
    for fact in cast("Sequence[FinaliseFact]", found):
        row = {
            "connector": page.connector,
            "number": fact.sweep,
            "job": page.job,
            "devices": fact.devices,
            "owners": fact.owners,
            "started_at": fact.started_at,
            "finished_at": page.at,
            "complete": fact.complete,
            "gaps": clean_data(fact.gaps.model_dump(mode="json")),
        }
        upsert(connection, sweeps, [row])


def _clean_row(fact: Fact) -> dict[str, Any]:
    return {name: clean_data(value) for name, value in fact}


def _searched(*values: str) -> str:
    return "\n".join(value.casefold() for value in values)


_STORES: dict[FactsType, Callable[[Connection, FactsPage, Sequence[Fact]], None]] = {
    FactsType.DEVICES: _store_devices,
    FactsType.STATISTICS: _store_statistics,
    FactsType.OWNERS: _store_owners,
    FactsType.FINALISE: _store_finalise,
}
