"""The table of settings: complete, and as the pages of both programs have it."""

import re
from collections.abc import Mapping

import pytest

from exconn.connector import GROUPS, SettingRow
from exconn.connector.settings.table import all_rows
from exconn.contracts import ClientClass
from exconn.contracts.policy_reach import policy_reach
from exconn.exchange.cmdlets.dialect import parameter_for, policy_cmdlet, policy_settings
from exconn.exchange.cmdlets.parameter_values import wire_value
from tests.support.exchange.policy_samples import samples

#: Every parameter of Configuration Manager's cmdlets New-CMExchangeConnector<Group>Setting that is a setting, and of
#: New-CMExchangeServer the one that stands for the connector.
ORIGINAL: Mapping[str, tuple[str, ...]] = {
    "general": ("AllowInternetShare", "AllowDesktopSync", "AllowNonProvision", "RefreshHours"),
    "password": (
        "PasswordEnabled",
        "MinimumPasswordLength",
        "PasswordExpiration",
        "PasswordHistory",
        "WipeAfterFailedAttempt",
        "MaximumIdleTimeMins",
        "PasswordComplexity",
        "MinimumComplexChar",
        "AllowSimplePassword",
        "PasswordRecovery",
    ),
    "email_management": (
        "ConsumerEmail",
        "MaximumEmailAge",
        "MaximumCalendarAge",
        "PushWhenRoaming",
        "AllowHtmlEmail",
        "MaximumSizeTextEmail",
        "MaximumSizeHtmlEmail",
        "EmailAttachmentPolicy",
        "MaximumSizeAttachment",
    ),
    "security": (
        "RemoteDesktop",
        "StorageCard",
        "Camera",
        "Bluetooth",
        "WifiConnection",
        "Infrared",
        "Browser",
        "StorageCardEncrypt",
        "FileEncrypt",
        "TextMessage",
    ),
    "application": ("UnsignedApplication", "UnsignedInstall", "BlockedApplication"),
    "external_management": ("AllowExternalDeviceManagement",),
    "extended": (),
}
ROWS = [row for _, row in all_rows()]


def named(row: SettingRow) -> str:
    return row.setting


def test_the_table_has_every_parameter_of_the_original_and_each_in_its_group() -> None:
    assert {
        name: tuple(row.original for row in table.rows if row.original) for name, table in GROUPS.items()
    } == ORIGINAL


def test_the_table_has_every_setting_of_exchange_once() -> None:
    parameters = [row.parameter for row in ROWS]

    assert sorted(parameters) == sorted(policy_settings("MobileDevice"))
    assert len({row.setting for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_setting_is_named_after_the_parameter_that_people_know(row: SettingRow) -> None:
    known = row.original or row.parameter
    assert row.setting.replace("_", "") == known.lower()
    if row.original:
        assert row.setting == re.sub(r"(?<=[a-z])(?=[A-Z])", "_", row.original).lower()


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_both_families_have_the_parameter_under_the_names_of_the_row(row: SettingRow) -> None:
    newer_only = {"AllowGooglePushNotifications", "AllowMicrosoftPushNotifications"}

    assert row.older_parameter == parameter_for(row.parameter, "ActiveSync")
    assert row.parameter in policy_cmdlet("MobileDevice").parameters
    assert row.parameter in newer_only or row.older_parameter in policy_cmdlet("ActiveSync").parameters


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_defaults_of_a_row_are_those_of_the_pages(row: SettingRow, pages: Mapping[str, Mapping[str, str]]) -> None:
    def page(family: str, name: str) -> str | None:
        """What the page of Set- names, or else that of New-."""
        found = pages[f"Set-{family}MailboxPolicy"].get(name) or pages[f"New-{family}MailboxPolicy"].get(name)
        return found if row.kind.takes.startswith("a list") is False else None

    older = page("ActiveSync", row.older_parameter)
    assert row.pages == (older, page("MobileDevice", row.parameter))


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_what_a_row_makes_of_its_bounds_the_client_takes_in_both_families(row: SettingRow) -> None:

    for written in samples(row):
        checked = row.check(written)
        assert checked is not None
        for family in ("ActiveSync", "MobileDevice"):
            name = row.older_parameter if family == "ActiveSync" else row.parameter
            parameter = policy_cmdlet(family).parameters.get(name)
            if parameter is not None:
                wire_value(parameter, row.value(checked))


def test_every_mapping_says_what_it_rests_on() -> None:
    assert all(row.source and row.says and not row.says.endswith(".") for row in ROWS)


def test_what_outlook_is_documented_to_obey_is_in_the_table() -> None:
    reach = policy_reach(ClientClass.OUTLOOK, [row.parameter for row in ROWS])

    assert set(reach.settings) == {"PasswordEnabled", "DeviceEncryptionEnabled", "AllowBluetooth"}
    assert len(reach.on_android) == 4
