"""Pages of facts, packed into the keys and arguments of the fold scripts (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from exconn.contracts import (
    DeviceFact,
    Fact,
    FactsType,
    FinaliseFact,
    OwnerFact,
    ReadingGaps,
    StatisticsFact,
    digest_of,
)
from exconn.inventory import layout
from exconn.keyspace import keys

T = TypeVar("T")

#: What one call folds at most: nobody is to wait for more than 4 ms.
MOST_ELEMENTS = 100


@dataclass(frozen=True, kw_only=True)
class ListedDevice:
    """A device of the list, and on which personal lists of its owner it stands."""

    fact: DeviceFact
    personally_allowed: bool = False
    personally_blocked: bool = False


@dataclass(frozen=True)
class RegisterPage:
    """What a fold script is given beside its parameters."""

    script: str
    keys: Sequence[str]
    arguments: Sequence[bytes]


def page_of_devices(connector: str, sweep: int, devices: Sequence[ListedDevice]) -> RegisterPage:
    """A page of the list."""
    arguments = [(sweep % layout.SWEEPS).to_bytes(layout.SWEEP)]
    buckets: list[str] = []
    for device in _bounded(devices):
        identity = layout.raw(device.fact.guid)
        buckets.append(keys.register(connector, layout.device_bucket(identity)))
        arguments += [layout.device_field(identity), identity, *_directory(device)]
    return RegisterPage(FactsType.DEVICES, buckets, arguments)


def page_of_statistics(connector: str, statistics: Sequence[StatisticsFact]) -> RegisterPage:
    """A page of statistics."""
    buckets: list[str] = []
    arguments: list[bytes] = []
    for fact in _bounded(statistics):
        identity = layout.raw(fact.guid)
        encoded = encoded_fact(fact)
        buckets.append(keys.register(connector, layout.device_bucket(identity)))
        arguments += [
            layout.device_field(identity),
            identity,
            layout.short_digest(encoded),
            layout.day_number(fact.last_sync).to_bytes(2),
            layout.EXACT_ACKNOWLEDGED.pack(layout.micros(fact.wipe_acknowledged)),
            encoded,
            layout.wipes_field(identity),
            *_wipes(fact),
        ]
    return RegisterPage(FactsType.STATISTICS, buckets, arguments)


def page_of_owners(connector: str, owners: Sequence[OwnerFact]) -> RegisterPage:
    """A page of owners."""
    buckets: list[str] = []
    arguments: list[bytes] = []
    for fact in _bounded(owners):
        identity = layout.raw(fact.guid)
        encoded = encoded_fact(fact)
        buckets.append(keys.register(connector, layout.owner_bucket(identity)))
        arguments += [layout.owner_field(identity), layout.short_digest(encoded), encoded]
    return RegisterPage(FactsType.OWNERS, buckets, arguments)


def closing_page(connector: str, fact: FinaliseFact) -> RegisterPage:
    """The end of a sweep."""
    places = [keys.fleet(connector), keys.register(connector, "itself")]
    arguments = [str(fact.devices).encode(), encoded_fact(fact), b"1" if fact.complete else b"0"]
    return RegisterPage(FactsType.FINALISE, places, arguments)


def page_of_acknowledgement(connector: str, guid: str, at: datetime) -> RegisterPage:
    """The acknowledgement of a wipe that an action has read back."""
    identity = layout.raw(guid)
    bucket = keys.register(connector, layout.device_bucket(identity))
    time = layout.EXACT_ACKNOWLEDGED.pack(layout.micros(at))
    return RegisterPage("acknowledged", [bucket], [layout.device_field(identity), identity, time])


def page_of_gaps(connector: str, place: str, gaps: ReadingGaps, *, first: bool) -> RegisterPage:
    """What could not be read at one place of a sweep; the first place forgets what other sweeps left."""
    counts = gaps.model_copy(update={"named": ()}).model_dump_json()
    names = gaps.model_dump_json(include={"named"}) if gaps.named else ""
    arguments = [place.encode(), counts.encode(), names.encode(), b"1" if first else b"0"]
    return RegisterPage("gaps", [keys.gaps(connector)], arguments)


def encoded_fact(fact: Fact) -> bytes:
    """The JSON of a fact; what has its default is left out and comes back when it is read."""
    return fact.model_dump_json(exclude_defaults=True).encode()


def _directory(device: ListedDevice) -> list[bytes]:
    fact = device.fact
    encoded = encoded_fact(fact)
    head = layout.HEAD.pack(
        layout.short_digest(encoded),
        layout.raw(fact.owner) if fact.owner else layout.NOBODY,
        bytes.fromhex(digest_of(fact.device_id)),
        layout.whole_seconds(fact.created),
        layout.whole_seconds(fact.first_sync),
    )
    exact = layout.EXACT_DATES.pack(layout.exact_micros(fact.created), layout.exact_micros(fact.first_sync))
    flags = device.personally_allowed * layout.PERSONALLY_ALLOWED
    flags |= device.personally_blocked * layout.PERSONALLY_BLOCKED
    access = layout.words((fact.access_state, fact.access_state_reason))
    make = layout.words((fact.device_type, fact.model, fact.os, fact.user_agent, fact.client_type))
    return [head, exact, str(flags).encode(), access, make, encoded]


def _wipes(fact: StatisticsFact) -> list[bytes]:
    times = (fact.account_wipe_requested, fact.account_wipe_sent, fact.account_wipe_acknowledged)
    requestors = (fact.wipe_requestor, fact.account_wipe_requestor)
    return [
        layout.ACCOUNT_WIPE.pack(*map(layout.micros, times)),
        *(who[: layout.LONGEST_NAME].encode() for who in requestors),
    ]


def _bounded(page: Sequence[T]) -> Sequence[T]:
    if len(page) > MOST_ELEMENTS:
        raise ValueError(f"a page has at most {MOST_ELEMENTS} elements, not {len(page)}: fold smaller pages")
    return page
