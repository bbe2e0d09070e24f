"""The packed index of owners."""

import uuid
from dataclasses import replace

import pytest

from exconn.discovery.owner_index import OwnerIndex
from exconn.exchange import MailboxOwner


def owner(number: int, *, allowed: tuple[str, ...] = (), blocked: tuple[str, ...] = ()) -> MailboxOwner:
    return MailboxOwner(
        guid=str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
        name=f"user{number}",
        user_name=f"u{number}",
        distinguished_name=f"CN=user{number},OU=Sales,DC=contoso,DC=test",
        primary_address=f"user{number}@contoso.test",
        activesync_enabled=True,
        policy=None,
        policy_defaulted=True,
        allowed_ids=allowed,
        blocked_ids=blocked,
        has_partnership=True,
    )


@pytest.fixture
def index() -> OwnerIndex:
    found = OwnerIndex()
    for number in range(200):
        found.add(owner(number, allowed=(f"GOOD{number}",), blocked=(f"BAD{number}",)))
    found.seal()
    return found


def test_every_owner_is_found_by_its_name_in_any_case(index: OwnerIndex) -> None:
    for number in range(200):
        found = index.number_of(owner(number).distinguished_name.upper())
        assert found is not None
        assert index.guid(found) == owner(number).guid


def test_an_owner_that_comes_late_is_found_and_leaves_the_others_their_numbers(index: OwnerIndex) -> None:
    before = [index.number_of(owner(number).distinguished_name) for number in range(200)]

    late = index.add_late(owner(500, allowed=("GOOD500",)))

    assert (index.number_of(owner(500).distinguished_name.upper()), index.guid(late)) == (late, owner(500).guid)
    assert (index.user_name(late), index.allows(late, "good500"), index.allows(late, "GOOD7")) == ("u500", True, False)
    assert [index.number_of(owner(number).distinguished_name) for number in range(200)] == before
    assert index.allows(before[7] or 0, "GOOD7")


def test_nobody_else_is_found(index: OwnerIndex) -> None:
    assert index.number_of("CN=user200,OU=Sales,DC=contoso,DC=test") is None
    assert index.number_of("") is None


def test_an_empty_organization_knows_nobody() -> None:
    index = OwnerIndex()
    index.seal()

    assert (len(index), index.number_of("CN=x")) == (0, None)


def test_personal_lists_hold_for_their_owner_only(index: OwnerIndex) -> None:
    seven, eight = (index.number_of(owner(number).distinguished_name) for number in (7, 8))
    assert seven is not None
    assert eight is not None

    assert (index.allows(seven, "good7"), index.blocks(seven, "BAD7")) == (True, True)
    assert (index.allows(eight, "GOOD7"), index.allows(seven, "BAD7"), index.blocks(seven, "GOOD7")) == (False,) * 3


def test_logon_names_are_kept_whole_whatever_their_length() -> None:
    index = OwnerIndex()
    names = ["ab", "exactly-twenty-chars", "ünïcödé-näme-of-twenty", "a.very.long.local.part.of.an.address"]
    for number, name in enumerate(names):
        index.add(replace(owner(number), user_name=name))
    index.seal()

    found = {index.user_name(number) for number in range(len(index))}

    assert found == set(names)
