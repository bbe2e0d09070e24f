"""The packed list of devices and its cut into parts."""

import uuid
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from exconn.discovery.devices_by_owner import DevicesByOwner


def guid(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


def mailbox(number: int) -> str:
    return f"mailbox {number}"


@given(st.lists(st.integers(min_value=0, max_value=20), max_size=80), st.integers(min_value=1, max_value=30))
def test_parts_hold_each_owned_device_once_and_never_cut_an_owner(owners: list[int], size: int) -> None:
    by_owner = DevicesByOwner()
    for number, owner in enumerate(owners):
        by_owner.add(guid(number), owner)

    parts = list(by_owner.parts(size, mailbox))

    in_parts = [(one.mailbox, device) for part in parts for one in part for device in one.devices]
    mailboxes = Counter(one.mailbox for part in parts for one in part)
    assert sorted(in_parts) == sorted((mailbox(owner), guid(number)) for number, owner in enumerate(owners))
    assert all(count == 1 for count in mailboxes.values())
    assert all(sum(len(one.devices) for one in part) >= size for part in parts[:-1])
    assert all(sum(len(one.devices) for one in part[:-1]) < size for part in parts)


def test_devices_without_owner_are_counted_but_in_no_part() -> None:
    by_owner = DevicesByOwner()
    by_owner.add(guid(1), None)
    by_owner.add(guid(2), 0)

    assert (by_owner.devices, list(by_owner.owners())) == (2, [0])
    assert [one.devices for part in by_owner.parts(50, mailbox) for one in part] == [(guid(2),)]


def test_a_device_that_is_listed_twice_counts_once() -> None:
    by_owner = DevicesByOwner()
    for _ in range(2):
        by_owner.add(guid(1), 5)

    assert by_owner.devices == 1
    assert [one.devices for part in by_owner.parts(50, mailbox) for one in part] == [(guid(1),)]


def test_an_empty_organization_has_no_parts() -> None:
    assert (DevicesByOwner().devices, list(DevicesByOwner().parts(50, mailbox))) == (0, [])
