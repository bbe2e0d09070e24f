"""Records tolerate what is missing or new, and never invent anything."""

from datetime import UTC, datetime, timedelta

import pytest

from exconn.exchange import Malformed
from exconn.exchange.clixml.timespans import format_timespan, parse_timespan
from exconn.exchange.cmdlets.dialect import Dialect, policy_settings
from exconn.exchange.distinguished_names import common_name, domain_of, owner_dn
from exconn.exchange.mailbox_owner import parse_owner
from exconn.exchange.policies import parse_policy
from exconn.exchange.records import (
    parse_device,
    parse_organization,
    parse_server,
    parse_statistics,
    text,
    texts,
)

GUID = "ABCDEF00-0000-0000-0000-000000000001"
DN = "CN=iPhone§A1,CN=ExchangeActiveSyncDevices,CN=Doe\\, Jane,OU=People,DC=example,DC=test"
NEVER = datetime(1, 1, 1, tzinfo=UTC)
DAY = datetime(2024, 5, 1, tzinfo=UTC)


def test_a_device_knows_its_owner_by_the_parent_of_its_container() -> None:
    device = parse_device({"Guid": GUID, "DistinguishedName": DN, "WhenCreatedUTC": DAY, "FirstSyncTime": NEVER})

    assert device.guid == GUID.lower()
    assert device.owner_dn == "CN=Doe\\, Jane,OU=People,DC=example,DC=test"
    assert device.owner_name == "Doe, Jane"
    assert device.created == DAY
    assert device.first_sync is None


def test_missing_properties_are_empty_and_unknown_states_are_kept() -> None:
    device = parse_device({"Guid": GUID, "DeviceAccessStateReason": "ExternalEnrollment", "DeviceImei": None})

    assert device.access_state_reason == "ExternalEnrollment"
    assert device.imei == ""
    assert device.owner_dn == ""
    assert device.changed is None


@pytest.mark.parametrize("parse", [parse_device, parse_statistics, parse_owner, parse_organization])
def test_an_object_without_a_guid_is_no_object(parse: object) -> None:
    with pytest.raises(Malformed):
        parse({"DeviceId": "A1"})  # type: ignore[operator]


def test_both_kinds_of_wipe_are_kept_apart() -> None:
    found = parse_statistics(
        {
            "Guid": GUID,
            "DeviceWipeRequestTime": DAY,
            "LastDeviceWipeRequestor": "admin",
            "AccountOnlyDeviceWipeSentTime": DAY,
            "IsRemoteWipeSupported": "perhaps",
        }
    )

    assert (found.wipe.requested, found.wipe.sent, found.wipe.requestor) == (DAY, None, "admin")
    assert (found.account_only_wipe.requested, found.account_only_wipe.sent) == (None, DAY)
    assert found.remote_wipe_supported is None


def test_a_device_has_the_attributes_that_configuration_manager_keeps() -> None:
    device = parse_device(
        {
            "Guid": GUID,
            "DistinguishedName": DN,
            "Identity": "example.test/People/Doe, Jane/ExchangeActiveSyncDevices/iPhone\u00a7A1",
            "DeviceAccessControlRule": "iPhone (DeviceType)",
            "DeviceOSLanguage": "nl",
            "DeviceMobileOperator": "Example Mobile",
        }
    )

    assert device.identity == "example.test/People/Doe, Jane/ExchangeActiveSyncDevices/iPhone\u00a7A1"
    assert (device.access_control_rule, device.os_language) == ("iPhone (DeviceType)", "nl")
    assert (device.mobile_operator, device.user_domain) == ("Example Mobile", "example.test")
    assert parse_statistics({"Guid": GUID, "StatusNote": "seen twice"}).status_note == "seen twice"
    assert parse_owner({"Guid": GUID, "ServerName": "EX1"}).server == "EX1"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CN=a,OU=b,DC=Child,DC=example,DC=TEST", "child.example.test"),
        ("CN=x\\,DC=no,OU=b\\\\,DC=example, dc=test", "example.test"),
        ("CN=a,OU=b", ""),
        ("", ""),
    ],
)
def test_the_domain_is_what_a_distinguished_name_ends_with(name: str, expected: str) -> None:
    assert domain_of(name) == expected


def test_an_owner_has_lists_whatever_their_shape() -> None:
    owner = parse_owner(
        {
            "Guid": GUID,
            "ActiveSyncAllowedDeviceIDs": ["A1", "B2"],
            "ActiveSyncBlockedDeviceIDs": "C3",
            "ActiveSyncMailboxPolicy": "example.test/Mobile Mailbox Policies/Strict",
        }
    )

    assert owner.allowed_ids == ("A1", "B2")
    assert owner.blocked_ids == ("C3",)
    assert owner.policy == "Strict"
    assert owner.activesync_enabled is None


def test_a_server_has_its_site_by_name_and_its_roles_apart() -> None:
    server = parse_server(
        {"Name": "EX1", "Site": "example.test/Configuration/Sites/Berlin", "ServerRole": "Mailbox, ClientAccess"}
    )

    assert server.site == "Berlin"
    assert server.roles == ("Mailbox", "ClientAccess")
    assert (server.mailbox, server.client_access, server.edge) == (True, True, False)


def test_the_flags_of_a_server_win_over_the_list_of_its_roles() -> None:
    server = parse_server({"ServerRole": "Mailbox", "IsClientAccessServer": True, "IsMailboxServer": False})

    assert (server.mailbox, server.client_access, server.edge) == (False, True, False)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CN=a,CN=EXCHANGEACTIVESYNCDEVICES,CN=b", "CN=b"),
        ("CN=a,OU=b", ""),
        ("", ""),
    ],
)
def test_the_container_is_found_in_any_case(name: str, expected: str) -> None:
    assert owner_dn(name) == expected


@pytest.mark.parametrize(("name", "expected"), [("CN=a\\\\b,OU=x", "a\\b"), ("CN=only", "only"), ("", "")])
def test_common_names_lose_their_escapes(name: str, expected: str) -> None:
    assert common_name(name) == expected


@pytest.mark.parametrize("dialect", ["MobileDevice", "ActiveSync"])
def test_a_policy_reads_the_same_in_both_dialects(dialect: Dialect) -> None:
    own = policy_settings(dialect)
    record = {
        "Guid": GUID,
        "Name": "Default",
        "IsDefault": True,
        own["PasswordEnabled"]: False,
        own["MaxPasswordFailedAttempts"]: "8",
        own["MaxInactivityTimeLock"]: "00:15:00",
        own["PasswordExpiration"]: "Unlimited",
        own["MinPasswordLength"]: None,
        own["MaxAttachmentSize"]: "2 MB (2,097,152 bytes)",
        own["ApprovedApplicationList"]: [],
        "SomethingNew": 1,
    }

    policy = parse_policy(record, dialect)

    assert policy.is_default
    assert policy.values == {
        "PasswordEnabled": False,
        "MaxPasswordFailedAttempts": 8,
        "MaxInactivityTimeLock": timedelta(minutes=15),
        "PasswordExpiration": "Unlimited",
        "MinPasswordLength": None,
        "MaxAttachmentSize": 2 * 1024 * 1024,
        "ApprovedApplicationList": (),
    }


def test_every_setting_of_the_newer_family_but_two_has_an_older_name() -> None:
    newer, older = policy_settings("MobileDevice"), policy_settings("ActiveSync")

    assert newer.keys() - older.keys() == {"AllowGooglePushNotifications", "AllowMicrosoftPushNotifications"}
    assert older.keys() <= newer.keys()


@pytest.mark.parametrize("dialect", ["MobileDevice", "ActiveSync"])
@pytest.mark.parametrize(
    ("shown", "read"),
    [("401", 401), (410_624, 410_624), ("401 KB (410,624 bytes)", 401), ("401 B (401 bytes)", 1), ("Unlimited",) * 2],
)
def test_truncation_sizes_are_kilobytes_where_they_say_their_unit_and_else_as_they_are_shown(
    dialect: Dialect, shown: object, read: object
) -> None:
    record = {"Guid": GUID, "Name": "Default", "MaxEmailBodyTruncationSize": shown}

    assert parse_policy(record, dialect).values == {"MaxEmailBodyTruncationSize": read}


@pytest.mark.parametrize(
    "span", [timedelta(0), timedelta(days=730), timedelta(hours=23, seconds=1), -timedelta(days=2)]
)
def test_time_spans_survive_their_text(span: timedelta) -> None:
    assert parse_timespan(format_timespan(span)) == span


@pytest.mark.parametrize("text", ["", "1", "1:2", "a.00:00:00", "1.2.3", "00:00:00:00"])
def test_what_is_no_time_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time span"):
        parse_timespan(text)


@pytest.mark.parametrize("value", [["a"], {"a": "b"}])
def test_a_list_or_an_object_is_never_taken_for_a_text(value: object) -> None:
    with pytest.raises(Malformed, match="Name"):
        text({"Name": value}, "Name")


def test_a_list_inside_a_list_is_never_taken_for_a_text() -> None:
    with pytest.raises(Malformed, match="Ids"):
        texts({"Ids": [["a"]]}, "Ids")
