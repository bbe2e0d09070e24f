"""From what Exchange answers to facts: nothing that people look for is lost on the way."""

from dataclasses import replace
from datetime import timedelta

from exconn.contracts import digest_of
from exconn.exchange import WipeTimes
from exconn.inventory import device_fact, fingerprint_of, owner_fact, statistics_fact
from tests.support.exchange.made_up_devices import CREATED, device, owner, statistics

LATER = CREATED + timedelta(days=1)


def test_a_device_is_named_by_the_logon_name_of_its_user_and_by_its_type() -> None:
    fact = device_fact(device(1, owner(7)), mailbox=owner(7).guid, user_name="u7")

    assert (fact.name, fact.owner, fact.owner_name) == ("u7_iPhone", owner(7).guid, "user7")


def test_a_device_of_an_unknown_mailbox_is_named_by_what_the_directory_shows() -> None:
    assert device_fact(device(1, owner(7))).name == "user7_iPhone"


def test_a_device_fact_has_every_property_of_the_directory() -> None:
    found = device(1, owner(7), imei="35-209900-176148-1", phone_number="+1 555 0100", friendly_name="Ann's phone")
    found = replace(found, mobile_operator="Example", os_language="nl", access_control_rule="R", user_domain="d")

    fact = device_fact(found)

    shared = set(type(fact).model_fields) & set(found.__slots__)
    assert {name: getattr(fact, name) for name in shared} == {name: getattr(found, name) for name in shared}
    assert set(type(fact).model_fields) - shared == {"name", "owner"}


def test_statistics_carry_the_times_of_a_wipe() -> None:
    wiped = replace(statistics(1), wipe=WipeTimes(requested=CREATED, sent=CREATED, acknowledged=LATER))

    fact = statistics_fact(wiped)

    assert (fact.wipe_requested, fact.wipe_sent, fact.wipe_acknowledged) == (CREATED, CREATED, LATER)
    assert (fact.last_sync, fact.status, fact.policy_status) == (CREATED, "DeviceOk", "AppliedInFull")


def test_statistics_carry_who_asked_for_each_kind_of_wipe_and_how_far_it_got() -> None:
    full = WipeTimes(requested=CREATED, requestor="corp.example/Users/Anna")
    account_only = WipeTimes(requested=CREATED, sent=LATER, acknowledged=LATER, requestor="corp.example/Users/Bo")
    wiped = replace(statistics(1), wipe=full, account_only_wipe=account_only, status_note="seen twice")

    fact = statistics_fact(wiped)

    assert (fact.wipe_requestor, fact.account_wipe_requestor) == ("corp.example/Users/Anna", "corp.example/Users/Bo")
    assert fact.account_wipe_requested == CREATED
    assert (fact.account_wipe_sent, fact.account_wipe_acknowledged, fact.status_note) == (LATER, LATER, "seen twice")


def test_an_owner_carries_the_server_of_the_mailbox() -> None:
    assert owner_fact(owner(1, server="EX1")).server == "EX1"


def test_an_owner_carries_both_personal_lists() -> None:
    fact = owner_fact(owner(1, allowed_ids=("A",), blocked_ids=("B", "C"), policy="Strict", policy_defaulted=False))

    assert (fact.allowed_ids, fact.blocked_ids, fact.policy, fact.policy_defaulted) == (
        ("A",),
        ("B", "C"),
        "Strict",
        False,
    )


def test_a_fingerprint_holds_no_device_id() -> None:
    found = fingerprint_of(device(1, owner(7)), statistics(1), mailbox=owner(7).guid)

    assert found.device == digest_of("ApplDNXY00000001")
    assert (found.mailbox, found.created, found.first_sync) == (owner(7).guid, CREATED, CREATED)
