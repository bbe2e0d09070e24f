"""What is left to do to two lists, whatever stands on them."""

import pytest

from exconn.actions.access.personal_lists import LeftToDo, PersonalList, left_to_do
from exconn.exchange import ListChange
from exconn.exchange.mailbox_owner import parse_owner

DEVICE = "ApplA1"
ADD = ListChange(add=(DEVICE,))


def left(onto: PersonalList, *, allowed: tuple[str, ...] = (), blocked: tuple[str, ...] = ()) -> LeftToDo:
    lists = {"ActiveSyncAllowedDeviceIDs": list(allowed), "ActiveSyncBlockedDeviceIDs": list(blocked)}
    return left_to_do(parse_owner({"Guid": "g", **lists}), DEVICE, onto)


def test_a_device_on_no_list_is_added_to_one() -> None:
    assert left(PersonalList.BLOCKED, allowed=("B2",)) == LeftToDo(blocked=ADD)
    assert left(PersonalList.ALLOWED, blocked=("B2",)) == LeftToDo(allowed=ADD)


def test_a_device_on_the_other_list_is_taken_off_it_as_it_is_written_there() -> None:
    gone = ListChange(remove=("APPLA1", "appla1"))

    assert left(PersonalList.BLOCKED, allowed=("APPLA1", "B2", "appla1")) == LeftToDo(allowed=gone, blocked=ADD)
    assert left(PersonalList.ALLOWED, blocked=("APPLA1", "appla1")) == LeftToDo(allowed=ADD, blocked=gone)


def test_a_device_on_both_lists_is_taken_off_one() -> None:
    both = {"allowed": (DEVICE,), "blocked": (DEVICE,)}

    assert left(PersonalList.BLOCKED, **both) == LeftToDo(allowed=ListChange(remove=(DEVICE,)))
    assert left(PersonalList.BLOCKED, **both).lists == [PersonalList.ALLOWED]


@pytest.mark.parametrize("written", [DEVICE, "APPLA1"])
def test_a_device_that_is_where_it_is_to_be_leaves_nothing_to_do(written: str) -> None:
    assert left(PersonalList.BLOCKED, blocked=("B2", written)).lists == []
    assert left(PersonalList.ALLOWED, allowed=(written,)).lists == []


@pytest.mark.parametrize("like", ["ApplA", "ApplA12"])
def test_an_id_that_only_begins_alike_is_another_device(like: str) -> None:
    assert left(PersonalList.BLOCKED, allowed=(like,), blocked=(like,)) == LeftToDo(blocked=ADD)
