"""A job as the ledger keeps it, and the table of what may follow what.

The scripts read the same table: it is rendered into their prelude, so the documentation cannot differ from the code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from exconn.contracts import Checks, Service
from exconn.keyspace.written import parsed

#: The newest format of a job hash that this version works on.
FORMAT = 2
#: What pre-images of versions before call `session_id`: their jobs are read, and they may read ours.
EARLIER_SESSION_ID = "shell_id"
#: For so long after its end a job is the answer to its idempotency key, unless it says otherwise.
IDEMPOTENCY_KEPT = timedelta(days=1)


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    WAITING = "waiting"
    HELD = "held"
    SETTLED = "settled"


class Outcome(StrEnum):
    """How a settled job ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    EXPIRED = "expired"
    GONE = "gone"
    #: Done as far as Exchange shows; the device never says so.
    UNREPORTED = "unreported"


class Wait(StrEnum):
    """Why a waiting job waits; `TIME` ones are in the due set."""

    TIME = "time"
    CREDIT = "credit"
    CHILDREN = "children"
    SWITCH = "switch"


#: call -> the states in which it is legal -> the states it may lead to.
TRANSITIONS: Mapping[str, Mapping[State, frozenset[State]]] = {
    "claim": {
        before: frozenset({State.CLAIMED, State.WAITING, State.HELD, State.SETTLED})
        for before in (State.QUEUED, State.WAITING, State.CLAIMED)
    },
    "renew": {State.CLAIMED: frozenset({State.CLAIMED})},
    "note": {State.CLAIMED: frozenset({State.CLAIMED})},
    "begin": {State.CLAIMED: frozenset({State.CLAIMED, State.WAITING, State.HELD, State.SETTLED})},
    "settle": {State.CLAIMED: frozenset({State.SETTLED})},
    "defer": {State.CLAIMED: frozenset({State.WAITING})},
    "hold": {State.CLAIMED: frozenset({State.HELD, State.WAITING, State.SETTLED})},
    "await_children": {State.CLAIMED: frozenset({State.WAITING, State.SETTLED})},
    "restart_list": {State.CLAIMED: frozenset({State.CLAIMED})},
    "look_again": {State.HELD: frozenset({State.QUEUED})},
    "release": {State.HELD: frozenset({State.QUEUED, State.WAITING})},
    "retry": {
        State.HELD: frozenset({State.QUEUED, State.WAITING}),
        State.WAITING: frozenset({State.QUEUED}),
        State.QUEUED: frozenset({State.QUEUED}),
    },
    "cancel": {
        State.QUEUED: frozenset({State.SETTLED, State.QUEUED}),
        State.WAITING: frozenset({State.SETTLED, State.QUEUED}),
        State.HELD: frozenset({State.SETTLED, State.QUEUED}),
        State.CLAIMED: frozenset({State.CLAIMED, State.SETTLED}),
    },
}


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """What `begin` checks for a column of the kind table."""

    switch: bool
    breaker: bool
    quota: bool


CHECKS: Mapping[Checks, CheckRow] = {
    Checks.NONE: CheckRow(switch=False, breaker=False, quota=False),
    Checks.ERASE: CheckRow(switch=True, breaker=True, quota=True),
    Checks.DISCONNECT: CheckRow(switch=True, breaker=True, quota=True),
    Checks.ACCESS: CheckRow(switch=True, breaker=False, quota=True),
    Checks.ALLOW: CheckRow(switch=False, breaker=False, quota=True),
    Checks.POLICY: CheckRow(switch=True, breaker=False, quota=False),
}


@dataclass(frozen=True)
class Window:
    """At most `limit` tokens in any `span`."""

    limit: int
    span: timedelta


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The brakes that a job was made with.

    The breaker's windows hold for the connector, erase and disconnect counted apart; each is cut down to
    `fleet_share` of the known fleet, but never below `fleet_floor`. The quota's windows hold for the requester.
    """

    breaker: tuple[Window, ...] = (Window(10, timedelta(minutes=20)), Window(50, timedelta(days=1)))
    quota: tuple[Window, ...] = (Window(5, timedelta(hours=1)), Window(20, timedelta(days=1)))
    fleet_share: float = 0.01
    fleet_floor: int = 3

    def encoded(self) -> str:
        """The JSON that the scripts read; spans in milliseconds."""
        return _encoded(self)


@lru_cache(maxsize=256)
def _encoded(limits: Limits) -> str:
    """The same limits come with every request."""
    return json.dumps(
        {
            "breaker": [[window.limit, _ms(window.span)] for window in limits.breaker],
            "quota": [[window.limit, _ms(window.span)] for window in limits.quota],
            "share": limits.fleet_share,
            "floor": limits.fleet_floor,
        }
    )


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to insert.

    `idempotency_key` is unique per connector: the same key with the same digest answers with the same job. `device`
    (directory GUID) enters the open index when set. Of a `series`, only one job may be open. A `parked` job waits for
    credit of its connector and kind. Without a `phase` it begins in the first one of its kind. `organization` is the
    GUID of the Exchange organization whose brakes count; without one they are counted by the connector's name: for
    connectors that were never installed. `seal` is intake's signature, for which the `id` has to be known. `asked`
    stands for the signed request where a brake holds it.
    """

    kind: str
    connector: str
    payload: str
    idempotency_key: str
    service: Service
    checks: Checks = Checks.NONE
    idempotency_digest: str = ""
    device: str | None = None
    requester: str = ""
    revision: int = 0
    valid_until: datetime | None = None
    series: str = ""
    parent: str | None = None
    generation: int = 0
    delay: timedelta = timedelta(0)
    parked: bool = False
    limits: Limits = Limits()
    phase: str = ""
    by: str = ""
    idempotency_kept: timedelta = IDEMPOTENCY_KEPT
    organization: str = ""
    id: str = ""
    seal: str = ""
    asked: str = ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as it stood when it was read. Times are the ledger server's, aware UTC.

    `reason` is the code of why it waits or is held, with its fields in `data`; `subject` is what exactly a release
    would be for; `awaits` names the trouble that it waits for. `failures` came in a row right before. `looks` have been
    taken, the last one at `looked`. `grant` is the signed release by which it may pass the brakes, `releases` are those
    for other reasons; `seal` is intake's signature over what it added to the request, `limits` among it, as they are
    kept. Of a claim, `pre_image_kept` says that the pre-image is as a worker of actions kept it, out of others' reach.
    """

    id: str
    kind: str
    connector: str
    service: str
    state: State
    payload: str
    checks: Checks
    phase: str = ""
    requester: str = ""
    revision: int = 0
    device: str | None = None
    created: datetime
    due: datetime | None = None
    valid_until: datetime | None = None
    parent: str | None = None
    generation: int = 0
    own_generation: int = 0
    pending: int = 0
    sealed: bool = False
    unread: int = 0
    epoch: int = 0
    crashes: int = 0
    tries: int = 0
    begun: int = 0
    ring: int = 0
    cancel: bool = False
    wait: str = ""
    reason: str = ""
    subject: str = ""
    awaits: str = ""
    failures: int = 0
    looks: int = 0
    looked: datetime | None = None
    outcome: str = ""
    pre_image: Mapping[str, object] = field(default_factory=dict)
    organization: str = ""
    grant: str = ""
    releases: tuple[str, ...] = ()
    limits: str = ""
    seal: str = ""
    pre_image_kept: bool = False
    notes: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)


def job_from(job_id: str, fields: Mapping[str, str]) -> Job:
    """The job in a ledger hash."""
    return Job(
        id=job_id,
        kind=fields["kind"],
        connector=fields["connector"],
        service=fields["service"],
        state=State(fields["state"]),
        payload=fields["payload"],
        checks=Checks(fields["checks"]),
        phase=fields.get("phase", ""),
        requester=fields.get("requester", ""),
        revision=int(fields.get("revision") or 0),
        device=fields.get("device") or None,
        created=_time(fields["created"]),
        due=_optional_time(fields.get("due")),
        valid_until=_optional_time(fields.get("valid_until")),
        parent=fields.get("parent") or None,
        generation=int(fields.get("generation") or 0),
        own_generation=int(fields.get("own_generation") or 0),
        pending=int(fields.get("pending") or 0),
        sealed=fields.get("sealed") == "1",
        unread=int(fields.get("unread") or 0),
        epoch=int(fields.get("epoch") or 0),
        crashes=int(fields.get("crashes") or 0),
        tries=int(fields.get("tries") or 0),
        begun=int(fields.get("begun") or 0),
        ring=int(fields.get("ring") or 0),
        cancel=fields.get("cancel") == "1",
        wait=fields.get("wait", ""),
        reason=fields.get("reason", ""),
        subject=fields.get("subject", ""),
        awaits=fields.get("awaits", ""),
        failures=int(fields.get("failures") or 0),
        looks=int(fields.get("looks") or 0),
        looked=_optional_time(fields.get("looked")),
        outcome=fields.get("outcome", ""),
        organization=fields.get("organization", ""),
        grant=fields.get("grant", ""),
        releases=_texts(fields.get("releases", "")),
        limits=fields.get("limits", ""),
        seal=fields.get("seal", ""),
        pre_image_kept=fields.get("pre_image_kept") == "1",
        pre_image=parsed(fields.get("pre_image") or "{}"),
        notes=parsed(fields.get("notes") or "{}"),
        data=parsed(fields.get("data") or "{}"),
    )


def _texts(text: str) -> tuple[str, ...]:
    """A list of texts; none where it is no such list, as somebody else may have written it."""
    try:
        found = parsed(text or "[]")
    except ValueError:
        return ()
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _time(ms: str) -> datetime:
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


def _optional_time(ms: str | None) -> datetime | None:
    return _time(ms) if ms else None
