"""Devices: search, filter, one record."""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_

from exconn.contracts import ACTION_KINDS, Kind
from exconn.monitor.projector.job_rows import SETTLED
from exconn.monitor.queries.cursor import decode_cursor, encode_cursor
from exconn.monitor.queries.page import DEFAULT_LIMIT, ResultPage, Row
from exconn.monitor.tables import devices, jobs, owners

T = TypeVar("T")

#: Outcomes of wipes that never reached Exchange, or were taken back.
_NOT_ISSUED = ("cancelled", "expired", "failed", "refused")
#: Words of a search beyond these are ignored.
_MAX_WORDS = 8
_ORDER = (devices.c.sort_name, devices.c.guid, devices.c.connector)


@dataclass(frozen=True, kw_only=True)
class DeviceFilter:
    """Which devices a list shows; `q` is looked for in names, addresses and ids, `client` is a class of client."""

    connector: str = ""
    q: str = ""
    state: str = ""
    client: str = ""


def list_devices(
    connection: Connection, wanted: DeviceFilter, *, limit: int = DEFAULT_LIMIT, after: str = ""
) -> ResultPage:
    """One page of devices in order of their names. Raises BadCursorError."""
    conditions = _conditions(wanted)
    chosen = _with_owner().where(*conditions)
    counted = select(func.count()).select_from(devices.outerjoin(owners, _owned())).where(*conditions)
    total = connection.execute(counted).scalar_one()
    if after:
        chosen = chosen.where(tuple_(*_ORDER) > tuple_(*decode_cursor(after, (str, str, str))))
    rows = connection.execute(chosen.order_by(*_ORDER).limit(limit + 1)).mappings().all()
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    cursor = encode_cursor(last["sort_name"], last["guid"], last["connector"]) if last else None
    return ResultPage([dict(row) for row in rows[:limit]], cursor, total)


def count_clients(connection: Connection, connector: str, policy: str) -> dict[str, int]:
    """Devices by class of client, of mailboxes with that policy, which is the default one.

    A mailbox has it that names it, that names none, or of which neither is known.
    """
    defaulted, named = owners.c.policy_defaulted, func.lower(owners.c.policy) == policy.lower()
    has_policy = or_(defaulted.is_(None), defaulted.is_(True), named)
    chosen = select(devices.c.client, func.count()).select_from(devices.outerjoin(owners, _owned()))
    rows = connection.execute(chosen.where(devices.c.connector == connector, has_policy).group_by(devices.c.client))
    return {str(client): int(count) for client, count in rows}


def find_device(connection: Connection, guid: str, *, connector: str = "") -> Row | None:
    """The record of one device, or None."""
    chosen = _with_owner().where(devices.c.guid == guid.lower())
    if connector:
        chosen = chosen.where(devices.c.connector == connector)
    row = connection.execute(chosen.order_by(devices.c.connector).limit(1)).mappings().first()
    return dict(row) if row else None


def access_states(connection: Connection) -> list[str]:
    """Every access state that occurs."""
    found = connection.execute(select(devices.c.access_state).distinct()).scalars()
    return sorted(state for state in found if state)


def of_newest_wipe(column: ColumnElement[T]) -> ColumnElement[T]:
    """That column of the newest wipe of the device in the row, NULL when there was none."""
    newest = (
        select(column)
        .where(
            jobs.c.device == devices.c.guid,
            jobs.c.connector == devices.c.connector,
            jobs.c.kind == Kind.WIPE.value,
            jobs.c.outcome.not_in(_NOT_ISSUED),
        )
        .order_by(jobs.c.first_sequence.desc())
        .limit(1)
    )
    return newest.scalar_subquery()


def _with_owner() -> Select[tuple[object, ...]]:
    open_action = (
        select(jobs.c.id)
        .where(
            jobs.c.device == devices.c.guid,
            jobs.c.connector == devices.c.connector,
            jobs.c.kind.in_(ACTION_KINDS),
            jobs.c.state != SETTLED,
        )
        .order_by(jobs.c.first_sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(
        devices,
        owners.c.address.label("owner_address"),
        owners.c.policy.label("policy"),
        owners.c.server.label("exchange_server"),
        owners.c.activesync_enabled.label("activesync_enabled"),
        open_action.label("open_action"),
        of_newest_wipe(jobs.c.phases).label("wipe_phases"),
        of_newest_wipe(jobs.c.data).label("wipe_data"),
    ).select_from(devices.outerjoin(owners, _owned()))


def _owned() -> ColumnElement[bool]:
    return and_(owners.c.connector == devices.c.connector, owners.c.guid == devices.c.owner)


def _conditions(wanted: DeviceFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.connector:
        found.append(devices.c.connector == wanted.connector)
    if wanted.state:
        found.append(func.lower(devices.c.access_state) == wanted.state.lower())
    if wanted.client:
        found.append(devices.c.client == wanted.client)
    found.extend(_mentions(word) for word in wanted.q.casefold().split()[:_MAX_WORDS])
    return found


def _mentions(word: str) -> ColumnElement[bool]:
    return or_(devices.c.searched.contains(word, autoescape=True), owners.c.searched.contains(word, autoescape=True))
