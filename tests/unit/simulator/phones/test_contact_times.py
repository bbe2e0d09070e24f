"""Phones that live, without a network."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from exconn.simulator.organization.organization import Organization
from exconn.simulator.phones.contact_times import Phones
from exconn.simulator.phones.enrolment import Enrolment, enrol
from tests.support.machine.processes import wait_until

#: Numbers that are in use and in a drawer, by the pattern of the organization.
IN_USE, IN_A_DRAWER = 4, 13
SOON = timedelta(seconds=10)


@pytest.fixture
def organization() -> Organization:
    return Organization(40, 7)


@pytest.fixture
def phones(organization: Organization) -> Iterator[Phones]:
    running = Phones(organization, timedelta(seconds=0.1))
    running.start()
    yield running
    running.stop()


def request_wipe(organization: Organization, number: int) -> None:
    organization.change(number).wipe.requested = datetime.now(UTC)


def test_contacts_move_on_with_the_clock_and_never_back(organization: Organization) -> None:
    phones = Phones(organization, timedelta(seconds=8))
    now = datetime.now(UTC)
    contacts = [phones.last_contact(IN_USE, now + timedelta(seconds=s)) for s in range(0, 120, 3)]
    assert contacts == sorted(contacts)
    assert 8 < len(set(contacts)) < 25
    assert all(c <= now + timedelta(seconds=3 * i) for i, c in enumerate(contacts))


def test_phones_do_not_come_all_at_once(organization: Organization) -> None:
    phones = Phones(organization, timedelta(seconds=8))
    now = datetime.now(UTC)
    assert len({phones.last_contact(n, now) for n in range(12)}) == 12


def test_changing_the_interval_moves_no_contact_back(organization: Organization) -> None:
    phones = Phones(organization, timedelta(seconds=0.1))
    before = phones.last_contact(IN_USE)
    phones.set_sync(timedelta(hours=1))
    assert phones.last_contact(IN_USE) >= before
    phones.set_sync(timedelta(seconds=0.01))
    wait_until(lambda: phones.last_contact(IN_USE) > before, SOON, "a contact at the new interval")


def test_phone_in_a_drawer_has_not_come_for_weeks(organization: Organization) -> None:
    phones = Phones(organization, timedelta(seconds=8))
    assert not phones.is_online(IN_A_DRAWER)
    assert datetime.now(UTC) - phones.last_contact(IN_A_DRAWER) > timedelta(days=1)


@pytest.mark.requirement("MS-ASPROV_R642", "MS-ASPROV_R643")
def test_wipe_goes_out_at_one_contact_and_is_acknowledged_at_the_next(organization: Organization) -> None:
    phones = Phones(organization, timedelta(hours=1))
    request_wipe(organization, IN_USE)
    wipe = organization.change_of(IN_USE).wipe

    phones.contact(IN_USE)
    assert (wipe.sent is not None, wipe.acknowledged) == (True, None)
    phones.contact(IN_USE)

    assert wipe.requested is not None
    assert wipe.sent is not None
    assert wipe.acknowledged is not None
    assert wipe.requested <= wipe.sent <= wipe.acknowledged
    assert not phones.is_online(IN_USE)


def test_expected_phone_comes_by_itself(organization: Organization, phones: Phones) -> None:
    request_wipe(organization, IN_USE)
    phones.expect(IN_USE)
    wait_until(lambda: organization.change_of(IN_USE).wipe.acknowledged, SOON, "the acknowledgement")
    silent = phones.last_contact(IN_USE)
    assert phones.last_contact(IN_USE, datetime.now(UTC) + timedelta(days=1)) == silent


def test_offline_phone_misses_its_appointment_and_keeps_it_later(organization: Organization, phones: Phones) -> None:
    phones.go_offline(IN_USE)
    request_wipe(organization, IN_USE)
    phones.expect(IN_USE)
    assert phones.last_contact(IN_USE, datetime.now(UTC) + timedelta(days=1)) <= datetime.now(UTC)
    assert organization.change_of(IN_USE).wipe.sent is None

    phones.go_online(IN_USE)
    wait_until(lambda: organization.change_of(IN_USE).wipe.acknowledged, SOON, "the acknowledgement")


@pytest.mark.requirement("MS-ASPROV_R654")
def test_removed_phone_takes_no_wipe_along(organization: Organization) -> None:
    phones = Phones(organization, timedelta(hours=1))
    request_wipe(organization, IN_USE)
    organization.remove_device(IN_USE)
    phones.contact(IN_USE)
    assert organization.change_of(IN_USE).wipe.sent is None


def test_new_object_of_the_same_phone_starts_without_a_wipe(organization: Organization) -> None:
    phones = Phones(organization, timedelta(hours=1))
    request_wipe(organization, IN_USE)
    added = enrol(phones, IN_USE, Enrolment.NEW_OBJECT)
    assert organization.is_removed(IN_USE)
    assert organization.change_of(added).wipe.requested is None
    assert phones.is_online(added)
    assert phones.last_contact(added) >= organization.device(added).created


def test_phone_can_be_enrolled_as_a_new_object_twice(organization: Organization) -> None:
    phones = Phones(organization, timedelta(hours=1))
    identity = organization.device(IN_USE).identity
    second = enrol(phones, enrol(phones, IN_USE, Enrolment.NEW_OBJECT), Enrolment.NEW_OBJECT)
    assert organization.find_device(identity) == second
    assert organization.change_of(second).enrolments == 3
