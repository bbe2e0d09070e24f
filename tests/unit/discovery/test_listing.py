"""The list of a sweep: whom it joins, whom it leaves out, and what it keeps in memory."""

import tracemalloc
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
import redis

from exconn.connector import Discovery
from exconn.contracts import Fingerprint, Kind, Service
from exconn.discovery.listing import Listing
from exconn.discovery.scope import Scope
from exconn.discovery.unlisted_owners import OwnerLookups
from exconn.exchange import Device, Gap, GapCause, MailboxOwner, ObjectNotFound, Transient
from exconn.inventory import MOST_ELEMENTS, Folded, ListedDevice, PagePlace, Register, RegisterEntry
from exconn.ledger import Ledger, NewJob
from tests.support.exchange.made_up_devices import CREATED, Organization, device, guid, owner

CONNECTOR = "hq"
EVERYBODY = Scope(Discovery())


class Notebook:
    """A register that keeps what it is given, or only counts it."""

    def __init__(self, *, keep: bool = True, entries: Mapping[str, RegisterEntry] | None = None) -> None:
        self.keep = keep
        self.entries = entries or {}
        self.devices: list[ListedDevice] = []
        self.owners: list[str] = []
        self.pages: list[int] = []

    def look_up(self, _connector: str, guids: Iterable[str]) -> list[RegisterEntry | None]:
        return [self.entries.get(guid) for guid in guids]

    def fold_devices(self, _holder: object, _place: PagePlace, devices: Sequence[ListedDevice]) -> Folded:
        self.pages.append(len(devices))
        if self.keep:
            self.devices += devices
        return Folded(changed=len(devices))

    def fold_owners(self, _holder: object, _place: PagePlace, owners: Sequence[Any]) -> Folded:
        if self.keep:
            self.owners += [fact.guid for fact in owners]
        return Folded(changed=len(owners))


def entry(guid: str, *, owner: str, personally_blocked: bool = False) -> RegisterEntry:
    """A device as the register knows it, as far as a list looks at it."""
    return RegisterEntry(
        guid=guid,
        owner=owner,
        fingerprint=Fingerprint(guid=guid, device="", mailbox=owner),
        access_state="",
        access_state_reason="",
        personally_allowed=False,
        personally_blocked=personally_blocked,
        last_sync_day=None,
        sweep=1,
        device_type="",
        model="",
        os="",
        user_agent="",
        client_type="",
        wipe_requestor="",
        account_wipe_requested=None,
        account_wipe_sent=None,
        account_wipe_acknowledged=None,
        account_wipe_requestor="",
        listed_at=CREATED,
        statistics_at=None,
        seen_at=CREATED,
    )


class NoLease:
    job_id = "sweep-aaaaaaaaaaaaaaaa"


def listing(notebook: Any, *, scope: Scope = EVERYBODY, page: int = MOST_ELEMENTS) -> Listing:
    place = PagePlace(connector=CONNECTOR, sweep=1, generation=1)
    lease: Any = NoLease()
    return Listing(register=notebook, lease=lease, place=place, scope=scope, page=page)


def listed(
    owners: list[MailboxOwner], devices: list[Device], *, scope: Scope = EVERYBODY, **organization: Any
) -> tuple[Notebook, Listing]:
    notebook = Notebook()
    session: Any = Organization(owners, devices, **organization)
    found = listing(notebook, scope=scope)
    found.run(session)
    return notebook, found


def test_a_device_is_joined_to_its_owner_by_the_parent_of_its_name() -> None:
    ann, bob = owner(1), owner(2)

    notebook, found = listed([ann, bob], [device(11, bob), device(12, ann), device(13, bob)])

    assert [one.fact.owner for one in notebook.devices] == [bob.guid, ann.guid, bob.guid]
    parts = [(one.mailbox, set(one.devices)) for part in found.by_owner.parts(50, found.owners.guid) for one in part]
    assert sorted(parts) == sorted([(ann.guid, {guid(12)}), (bob.guid, {guid(11), guid(13)})])


def test_personal_lists_of_the_owner_mark_its_devices() -> None:
    ann = owner(1, allowed_ids=("ApplDNXY00000011",), blocked_ids=("appldnxy00000012",))

    notebook, _ = listed([ann], [device(11, ann), device(12, ann), device(13, ann)])

    flags = [(one.personally_allowed, one.personally_blocked) for one in notebook.devices]
    assert flags == [(True, False), (False, True), (False, False)]


def test_a_device_whose_mailbox_is_not_shown_is_kept_without_owner() -> None:
    notebook, found = listed([], [device(11, owner(1))])

    assert [one.fact.owner for one in notebook.devices] == [None]
    assert (found.by_owner.devices, list(found.by_owner.parts(50, found.owners.guid))) == (1, [])


def test_mailboxes_and_devices_of_exchanges_own_monitoring_are_left_out() -> None:
    health = owner(1, name="HealthMailbox0a1b2c3d", distinguished_name="CN=HealthMailbox0a1b2c3d,CN=Users,DC=x")
    ann = owner(2)
    probe = device(12, ann, device_type="EASProbeDeviceType")

    notebook, found = listed([health, ann], [device(11, health), probe, device(13, ann)])

    assert [one.fact.guid for one in notebook.devices] == [guid(13)]
    assert (notebook.owners, found.by_owner.devices) == ([ann.guid], 1)


def test_owners_outside_the_containers_are_left_out_with_their_devices() -> None:
    inside = owner(1)
    outside = owner(2, distinguished_name="CN=user2,OU=Board,DC=contoso,DC=test")
    scope = Scope(Discovery(find_all=False, containers=("OU=Sales,DC=contoso,DC=test",)))

    notebook, _ = listed([inside, outside], [device(11, inside), device(12, outside)], scope=scope)

    assert ([one.fact.guid for one in notebook.devices], notebook.owners) == ([guid(11)], [inside.guid])


def test_mailboxes_without_partnerships_are_not_emitted() -> None:
    ann, empty = owner(1), owner(2, has_partnership=False)

    notebook, _ = listed([ann, empty], [device(11, ann)])

    assert notebook.owners == [ann.guid]


def test_an_owner_whose_flag_is_stale_is_looked_up_once_and_its_devices_are_joined_to_it() -> None:
    ann, stale = owner(1), owner(2, has_partnership=False, allowed_ids=("ApplDNXY00000012",))
    looked_up = {stale.distinguished_name: stale}

    notebook, found = listed([ann, stale], [device(11, ann), device(12, stale), device(13, stale)], looked_up=looked_up)

    assert notebook.owners == [ann.guid, stale.guid]
    assert [(one.fact.owner, one.fact.name) for one in notebook.devices] == [
        (ann.guid, "u1_iPhone"),
        (stale.guid, "u2_iPhone"),
        (stale.guid, "u2_iPhone"),
    ]
    assert [one.personally_allowed for one in notebook.devices] == [False, True, False]
    parts = [(one.mailbox, len(one.devices)) for part in found.by_owner.parts(50, found.owners.guid) for one in part]
    assert sorted(parts) == sorted([(ann.guid, 1), (stale.guid, 2)])
    assert found.gaps.is_empty


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Transient("Get-CASMailbox", "id", "MailboxOfflineException", "It is offline."), "MailboxOfflineException"),
        (ObjectNotFound("Get-CASMailbox", "a mailbox", "dc1", is_referral=True), "referral"),
    ],
    ids=["offline", "referral"],
)
def test_a_device_whose_owner_does_not_answer_keeps_the_owner_that_is_known(error: Exception, kind: str) -> None:
    silent, unknown = owner(1, has_partnership=False), owner(2, has_partnership=False)
    known = entry(guid(11), owner="11111111-1111-1111-1111-111111111111", personally_blocked=True)
    notebook = Notebook(entries={guid(11): known})
    session: Any = Organization(
        [],
        [device(11, silent), device(12, unknown)],
        looked_up={one.distinguished_name: error for one in (silent, unknown)},
    )

    found = listing(notebook)
    found.run(session)

    assert [(one.fact.owner, one.personally_blocked) for one in notebook.devices] == [
        ("11111111-1111-1111-1111-111111111111", True),
        (None, False),
    ]
    assert (found.gaps.unread_mailboxes, found.gaps.kinds) == (2, {kind: 2})
    assert [named.name for named in found.gaps.named] == [silent.distinguished_name, unknown.distinguished_name]


def test_an_owner_that_answers_with_errors_beside_it_is_kept_and_the_errors_are_counted() -> None:
    stale = owner(1, has_partnership=False)
    notebook = Notebook()
    session: Any = Organization(
        [],
        [device(11, stale)],
        looked_up={stale.distinguished_name: stale},
        beside_owners={stale.distinguished_name: [Gap(GapCause.ERROR_RECORD, "somebody", "DataValidationException")]},
    )

    found = listing(notebook)
    found.run(session)

    assert [one.fact.owner for one in notebook.devices] == [stale.guid]
    assert (found.gaps.unread_mailboxes, found.gaps.kinds) == (1, {"DataValidationException": 1})
    assert [named.name for named in found.gaps.named] == [stale.distinguished_name]


def test_owners_are_not_looked_up_without_end() -> None:
    owners = [owner(number, has_partnership=False) for number in range(5)]
    notebook = Notebook(entries={guid(4): entry(guid(4), owner="11111111-1111-1111-1111-111111111111")})
    session: Any = Organization(
        [],
        [device(number, of) for number, of in enumerate(owners)] + [device(9, owners[4])],
        looked_up={one.distinguished_name: one for one in owners},
    )
    found = listing(notebook)
    found.lookups = OwnerLookups(most=3)

    found.run(session)

    owned = {one.fact.guid: one.fact.owner for one in notebook.devices}
    assert session.asked == [one.distinguished_name for one in owners[:3]]
    assert owned == {
        **{guid(number): owners[number].guid for number in range(3)},
        guid(3): None,
        guid(4): "11111111-1111-1111-1111-111111111111",
        guid(9): None,
    }
    assert (found.gaps.unread_mailboxes, found.gaps.kinds) == (2, {"not_looked_up": 2})


def test_what_the_lists_lack_is_counted_and_named_and_the_rest_is_folded() -> None:
    ann = owner(1)
    beside = [
        Gap(GapCause.ERROR_RECORD, "contoso.test/Lost/Bob", "DataValidationException"),
        Gap(GapCause.NO_GUID, "contoso.test/Lost/Eve", "no_guid"),
        Gap(GapCause.UNREADABLE, "", "unreadable"),
    ]

    notebook, found = listed([ann], [device(11, ann)], beside=beside)

    assert [one.fact.guid for one in notebook.devices] == [guid(11)]
    assert found.gaps.counts == {"unread_mailboxes": 0, "list_errors": 1, "without_guid": 1, "unreadable": 1}
    assert [named.name for named in found.gaps.named] == ["contoso.test/Lost/Bob", "contoso.test/Lost/Eve", ""]


@pytest.mark.parametrize("name", ["HealthMailbox0a1b2c3d", "CAS_{0a1b2c3d4e5f6071}", "extest_0a1b2c3d4e5f6"])
def test_mailboxes_of_probes_are_neither_shown_nor_looked_up(name: str) -> None:
    probe = owner(1, name=name, distinguished_name=f"CN={name},CN=Users,DC=x")
    late = owner(2, name=name, distinguished_name=f"CN={name},CN=Users,DC=y", has_partnership=False)
    notebook = Notebook()
    session: Any = Organization([probe], [device(11, probe), device(12, late)])

    listing(notebook).run(session)

    assert (notebook.devices, notebook.owners, session.asked) == ([], [], [])


def test_pages_are_folded_as_they_come_and_never_larger_than_asked() -> None:
    ann, notebook = owner(1), Notebook()
    session: Any = Organization([ann], [device(number, ann) for number in range(25)])

    listing(notebook, page=10).run(session)

    assert notebook.pages == [10, 10, 5]


@pytest.mark.slow
def test_a_list_keeps_little_for_each_device() -> None:
    """Whole records of a device and its owner would take more than 2,000 bytes."""

    def peak(count: int) -> int:
        session: Any = Organization(
            (owner(number) for number in range(count)),
            (device(number, owner(number)) for number in range(count)),
        )
        found = listing(Notebook(keep=False))
        tracemalloc.start()
        found.run(session)
        for _ in found.by_owner.parts(50, found.owners.guid):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(600)  # what is made once, at the first use, is not the list's
    growth = (peak(2_100) - peak(600)) / 1_500

    assert growth < 300


@pytest.fixture
def ledger(redis_client: redis.Redis) -> Ledger:
    return Ledger(redis_client, lease=timedelta(minutes=5))


def test_a_list_ends_up_in_the_register(ledger: Ledger, redis_bytes: redis.Redis) -> None:
    ann, register = owner(1), Register(redis_bytes)
    new = NewJob(kind=Kind.SWEEP, connector=CONNECTOR, payload="{}", idempotency_key="k", service=Service.DISCOVERY)
    claim = ledger.claim(ledger.insert(new).job_id, "one")
    assert claim is not None
    place = PagePlace(connector=CONNECTOR, sweep=3, generation=ledger.restart_list(claim.lease))
    session: Any = Organization([ann], [device(11, ann)])

    Listing(register=register, lease=claim.lease, place=place, scope=EVERYBODY, page=MOST_ELEMENTS).run(session)

    entry = register.look(CONNECTOR, guid(11))
    assert entry is not None
    assert (entry.owner, entry.sweep, entry.model) == (ann.guid, 3, "iPhone15C3")
