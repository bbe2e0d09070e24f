"""The made-up organization: computed from numbers, and found again by every identity."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from exconn.simulator.organization.access import Access, Circumstances, decide
from exconn.simulator.organization.directory import AccessRule, MailboxChange, OrganizationObject
from exconn.simulator.organization.numbers import Dice, NumberKind
from exconn.simulator.organization.organization import Organization
from exconn.simulator.organization.people import number_of_alias, person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make(devices: int = 200, seed: int = 7) -> Organization:
    return Organization(devices, seed, NOW)


@pytest.mark.parametrize("number", [0, 1, 319, 10**6, 2**35])
def test_guid_leads_back_to_its_number_and_kind(number: int) -> None:
    dice = Dice(7)
    guid = dice.guid(NumberKind.DEVICE, number)
    assert (UUID(guid).version, dice.number_of(NumberKind.DEVICE, guid.upper())) == (4, number)
    assert dice.number_of(NumberKind.OWNER, guid) is None
    assert Dice(8).number_of(NumberKind.DEVICE, guid) is None


@pytest.mark.parametrize("text", ["", "x", str(UUID(int=0)), str(UUID(int=2**128 - 1))])
def test_foreign_guids_stand_for_nothing(text: str) -> None:
    assert Dice(7).number_of(NumberKind.DEVICE, text) is None


def test_same_seed_gives_the_same_phones_and_another_seed_others() -> None:
    first, again, other = make(), make(), make(seed=8)
    assert [first.device(n) for n in range(50)] == [again.device(n) for n in range(50)]
    assert not {first.guid(n) for n in range(50)} & {other.guid(n) for n in range(50)}


def test_names_of_a_large_organization_are_unique_and_lead_back() -> None:
    people = [person(n, 123) for n in range(10_000)]
    assert len({p.alias for p in people}) == len({p.dn for p in people}) == 10_000
    assert [number_of_alias(p.alias, 123) for p in people] == list(range(10_000))


@pytest.mark.parametrize("alias", ["", "anna", "anna.nobody", "anna.berg1", "anna.berg02", "berg.anna"])
def test_names_that_nobody_has_lead_nowhere(alias: str) -> None:
    assert number_of_alias(alias, 123) is None


def test_device_is_found_by_guid_dn_and_canonical_name() -> None:
    organization = make()
    for number in range(0, 200, 7):
        device = organization.device(number)
        for identity in (device.guid, device.guid.upper(), device.dn, device.identity, f" {device.dn} "):
            assert organization.find_device(identity) == number
        assert organization.find_device(device.device_id) is None


def test_owner_is_found_by_everything_that_names_one() -> None:
    organization = make()
    owner = organization.owner(17)
    names = (
        owner.alias,
        owner.address,
        owner.name,
        owner.dn,
        owner.canonical,
        organization.dice.guid(NumberKind.OWNER, 17),
    )
    assert [organization.find_owner(name) for name in names] == [17] * len(names)


def test_every_device_has_one_owner_and_some_owners_have_two() -> None:
    organization = make(203)
    owned = [n for owner in range(organization.owners) for n in organization.devices_of(owner)]
    assert sorted(owned) == list(organization.numbers()) == list(range(203))
    counts = [len(organization.devices_of(owner)) for owner in range(organization.owners)]
    assert {0, 1, 2} == set(counts)
    assert all(organization.device(n).owner.number == o for o in range(9) for n in organization.devices_of(o))


def test_a_million_devices_cost_nothing_until_they_are_looked_at() -> None:
    organization = make(1_000_000)
    last = organization.device(999_999)
    assert organization.device_count == 1_000_000
    assert organization.find_device(last.identity) == 999_999


def test_removed_device_is_gone_everywhere() -> None:
    organization = make(10)
    device = organization.device(4)
    organization.remove_device(4)
    assert organization.device_count == 9
    assert 4 not in organization.devices_of(device.owner.number)
    assert [organization.find_device(i) for i in (device.guid, device.dn, device.identity)] == [None] * 3


def test_added_device_belongs_to_its_owner() -> None:
    organization = make(10)
    number = organization.add_device(2, NOW)
    device = organization.device(number)
    assert (device.owner.number, device.created, organization.device_count) == (2, NOW, 11)
    assert organization.find_device(device.identity) == number


def test_added_device_can_be_the_phone_of_a_removed_one() -> None:
    organization = make(10)
    before = organization.device(3)
    organization.remove_device(3)
    after = organization.device(organization.add_device(before.owner.number, NOW, same_phone_as=3))
    assert (after.device_id, after.identity) == (before.device_id, before.identity)
    assert after.guid != before.guid


def test_personal_lists_outlive_the_partnership_and_do_not_grow_with_new_ones() -> None:
    organization = make(60)
    allowed = organization.device(19)
    organization.remove_device(19)
    assert organization.personal_lists(allowed.owner.number)[0] == [allowed.device_id]
    for _ in range(25):
        organization.add_device(2, NOW)
    assert organization.personal_lists(2) == ([], [])


def test_mailbox_that_arrives_is_found_by_its_new_guids_only() -> None:
    organization = make(60)
    before = organization.owner_guid(5, NumberKind.OWNER)
    organization.change_mailbox(5).arrivals = 2
    after = organization.owner_guid(5, NumberKind.OWNER)
    assert (organization.find_owner(before), organization.find_owner(after)) == (None, 5)


def test_no_organization_is_no_problem() -> None:
    organization = make(0)
    assert list(organization.numbers()) == []
    assert organization.owners == 1


RULES = {
    1: AccessRule(1, "allow it", "DeviceType", "iPhone", "Allow"),
    2: AccessRule(2, "hold it", "DeviceModel", "iPhone14C2", "Quarantine"),
    3: AccessRule(3, "stop it", "DeviceOS", "iOS 17.5.1 21F90", "Block"),
}
PHONE = make().device(0)


@pytest.mark.parametrize(
    ("mailbox", "rules", "expected"),
    [
        (MailboxChange(allowed=[PHONE.device_id], blocked=[PHONE.device_id]), (1, 2, 3), ("Blocked", "Individual")),
        (MailboxChange(allowed=[PHONE.device_id]), (1, 2, 3), ("Allowed", "Individual")),
        (MailboxChange(), (1, 2, 3), ("Blocked", "DeviceRule", "stop it")),
        (MailboxChange(), (1, 2), ("Quarantined", "DeviceRule", "hold it")),
        (MailboxChange(), (1,), ("Allowed", "DeviceRule", "allow it")),
        (MailboxChange(), (), ("Quarantined", "Global")),
    ],
    ids=["blocked list", "allowed list", "block rule", "quarantine rule", "allow rule", "default"],
)
def test_access_is_decided_in_the_documented_order(
    mailbox: MailboxChange, rules: tuple[int, ...], expected: tuple[str, ...]
) -> None:
    settings = OrganizationObject(default_access_level="Quarantine")
    assert decide(PHONE, mailbox, {n: RULES[n] for n in rules}, settings) == Access(*expected)


@pytest.mark.parametrize(
    ("circumstances", "lists", "expected"),
    [
        (Circumstances(enforceable=False, upgraded=True), {"allowed"}, ("Blocked", "Policy")),
        (Circumstances(upgraded=True, identified=False), {"blocked"}, ("Blocked", "Individual")),
        (Circumstances(upgraded=True, identified=False), {"allowed"}, ("Allowed", "Individual")),
        (Circumstances(upgraded=True, identified=False), set(), ("Allowed", "Upgrade")),
        (Circumstances(identified=False), set(), ("DeviceDiscovery", "Global")),
    ],
    ids=["policy first", "blocked list", "allowed list", "upgrade", "discovery before rules"],
)
def test_what_else_counts_comes_at_its_place(
    circumstances: Circumstances, lists: set[str], expected: tuple[str, str]
) -> None:
    named: dict[str, Any] = {name: [PHONE.device_id.lower()] for name in lists}
    mailbox = MailboxChange(**named)
    assert decide(PHONE, mailbox, RULES, OrganizationObject(), circumstances) == Access(*expected)


def test_rules_compare_the_whole_text() -> None:
    rules = {1: AccessRule(1, "x", "DeviceType", "iPho*", "Block")}
    assert decide(PHONE, MailboxChange(), rules, OrganizationObject()).reason == "Global"
