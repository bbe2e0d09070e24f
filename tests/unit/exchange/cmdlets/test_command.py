"""Commands are checked against the table before anything is sent."""

from datetime import timedelta
from uuid import UUID

import pytest

from exconn.exchange import Command, InvalidCommand, ListChange
from exconn.exchange.cmdlets.table import table

GUID = "11111111-2222-3333-4444-555555555555"
POLICY = "Set-MobileDeviceMailboxPolicy"
OLDER_POLICY = "Set-ActiveSyncMailboxPolicy"


def sent(cmdlet: str, **parameters: object) -> dict[str, object]:
    return dict(Command(cmdlet, parameters).parameters)


@pytest.mark.parametrize(
    ("cmdlet", "parameters", "named"),
    [
        pytest.param("Invoke-Expression", {}, None, id="unknown cmdlet"),
        pytest.param("clear-mobiledevice", {"Identity": GUID}, None, id="wrong case"),
        pytest.param("Clear-MobileDevice", {"Identity": GUID, "Force": True}, "Force", id="unknown parameter"),
        pytest.param("Clear-ActiveSyncDevice", {"Identity": GUID, "AccountOnly": True}, "AccountOnly", id="newer only"),
        pytest.param("Clear-MobileDevice", {}, "Identity", id="required parameter missing"),
        pytest.param("Clear-MobileDevice", {"Identity": ""}, "Identity", id="empty identity"),
        pytest.param("Get-MobileDevice", {"Identity": "  "}, "Identity", id="blank identity"),
        pytest.param("Get-MobileDevice", {"Identity": None}, "Identity", id="null identity returns everything"),
        pytest.param("Get-CASMailbox", {"Identity": "a*"}, "Identity", id="wildcard"),
        pytest.param("Get-MobileDeviceStatistics", {"Mailbox": "*"}, "Mailbox", id="wildcard mailbox"),
        pytest.param("Clear-MobileDevice", {"Identity": GUID, "Cancel": "yes"}, "Cancel", id="switch is a bool"),
        pytest.param("Clear-MobileDevice", {"Identity": GUID, "Cancel": 1}, "Cancel", id="one is not true"),
        pytest.param("Clear-MobileDevice", {"Identity": GUID, "Confirm": True}, "Confirm", id="nobody confirms"),
        pytest.param(
            "Get-CASMailbox",
            {"RecalculateHasActiveSyncDevicePartnership": True},
            "RecalculateHasActiveSyncDevicePartnership",
            id="a reading cmdlet that would write",
        ),
        pytest.param("Clear-MobileDevice", {"Identity": GUID, "WhatIf": True}, "WhatIf", id="nothing is tried out"),
        pytest.param("Clear-MobileDevice", {"Identity": 5}, "Identity", id="number as identity"),
        pytest.param(POLICY, {"Identity": "P", "PasswordEnabled": 1}, "PasswordEnabled", id="one is no boolean"),
        pytest.param(POLICY, {"Identity": "P", "MinPasswordLength": 17}, "MinPasswordLength", id="above range"),
        pytest.param(POLICY, {"Identity": "P", "MinPasswordLength": True}, "MinPasswordLength",
                     id="true is no number"),
        pytest.param(POLICY, {"Identity": "P", "MaxPasswordFailedAttempts": 3}, "MaxPasswordFailedAttempts",
                     id="below range"),
        pytest.param(POLICY, {"Identity": "P", "MaxPasswordFailedAttempts": timedelta(1)}, "MaxPasswordFailedAttempts",
                     id="span for a number"),
        pytest.param(POLICY, {"Identity": "P", "MaxInactivityTimeLock": timedelta(seconds=59)}, "MaxInactivityTimeLock",
                     id="span below range"),
        pytest.param(POLICY, {"Identity": "P", "MaxInactivityTimeLock": 900}, "MaxInactivityTimeLock",
                     id="naked seconds"),
        pytest.param(POLICY, {"Identity": "P", "MaxAttachmentSize": 2**31}, "MaxAttachmentSize", id="size above range"),
        pytest.param(POLICY, {"Identity": "P", "AllowBluetooth": "Maybe"}, "AllowBluetooth", id="word not accepted"),
        pytest.param(POLICY, {"Identity": "P", "PasswordEnabled": None}, "PasswordEnabled", id="null boolean"),
        pytest.param(POLICY, {"Identity": "P", "UnapprovedInROMApplicationList": ListChange(add=("a",))},
                     "UnapprovedInROMApplicationList", id="no add and remove"),
        pytest.param("Set-CASMailbox", {"Identity": "m", "ActiveSyncBlockedDeviceIDs": ["a", " "]},
                     "ActiveSyncBlockedDeviceIDs", id="blank in list"),
        pytest.param("Set-ActiveSyncOrganizationSettings", {"UserMailInsert": "x" * 257}, "UserMailInsert",
                     id="text too long"),
        pytest.param("Get-MobileDevice", {"Identity": GUID, "Mailbox": "m"}, None, id="two parameter sets"),
        pytest.param("Get-CASMailbox", {"Credential": "x"}, "Credential", id="credentials never travel as values"),
    ],
)  # fmt: skip
def test_a_command_that_breaks_a_rule_can_not_be_made(
    cmdlet: str, parameters: dict[str, object], named: str | None
) -> None:
    with pytest.raises(InvalidCommand) as caught:
        Command(cmdlet, parameters)

    assert caught.value.cmdlet == cmdlet
    assert caught.value.parameter == named
    assert caught.value.rule
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("given", "travels"),
    [
        pytest.param({"MaxInactivityTimeLock": timedelta(minutes=15)}, "00:15:00", id="span"),
        pytest.param({"PasswordExpiration": timedelta(days=30)}, "30.00:00:00", id="days"),
        pytest.param({"MaxPasswordFailedAttempts": "Unlimited"}, "Unlimited", id="unlimited"),
        pytest.param({"MaxPasswordFailedAttempts": 8}, 8, id="number"),
        pytest.param({"MinPasswordLength": None}, None, id="documented null"),
        pytest.param({"UnapprovedInROMApplicationList": ("a", "b")}, ["a", "b"], id="list"),
        pytest.param({"ApprovedApplicationList": None}, None, id="null clears a list"),
    ],
)
def test_values_travel_in_the_form_exchange_takes(given: dict[str, object], travels: object) -> None:
    (name,) = given

    parameters = sent(POLICY, Identity="P", **given)

    assert parameters[name] == travels


def test_lists_can_be_edited_instead_of_overwritten() -> None:
    change = ListChange(add=("A1",), remove=("B2", "B3"))

    parameters = sent("Set-CASMailbox", Identity="m", ActiveSyncAllowedDeviceIDs=change)

    assert parameters["ActiveSyncAllowedDeviceIDs"] == {"Add": ["A1"], "Remove": ["B2", "B3"]}


def test_a_mailbox_returns_to_the_default_policy_by_null() -> None:
    assert sent("Set-CASMailbox", Identity="m", ActiveSyncMailboxPolicy=None)["ActiveSyncMailboxPolicy"] is None


def test_a_cmdlet_that_prompts_is_told_not_to() -> None:
    prompting = {name for name, entry in table().items() if entry.prompts}

    assert {"Clear-MobileDevice", "Clear-ActiveSyncDevice", "Remove-MobileDevice"} <= prompting
    for name in prompting:
        required = dict.fromkeys(table()[name].sets[0].required, "x")
        assert Command(name, required).parameters["Confirm"] is False


def test_each_family_keeps_its_own_range_for_the_inactivity_lock() -> None:
    half_a_minute = timedelta(seconds=30)

    older = sent(OLDER_POLICY, Identity="P", MaxInactivityTimeDeviceLock=half_a_minute)

    assert older["MaxInactivityTimeDeviceLock"] == "00:00:30"
    with pytest.raises(InvalidCommand):
        Command(POLICY, {"Identity": "P", "MaxInactivityTimeLock": half_a_minute})


@pytest.mark.parametrize(
    ("cmdlet", "changes"),
    [("Get-MobileDevice", False), ("Set-ADServerSettings", False), ("Clear-MobileDevice", True),
     ("Remove-ActiveSyncDevice", True), ("Set-CASMailbox", True), ("New-ActiveSyncDeviceAccessRule", True)],
)  # fmt: skip
def test_what_changes_exchange_is_known(cmdlet: str, changes: bool) -> None:
    assert table()[cmdlet].changes_exchange is changes


def test_a_guid_may_be_given_as_such() -> None:
    assert sent("Clear-MobileDevice", Identity=UUID(GUID))["Identity"] == GUID


def test_refusals_and_reprs_show_no_value() -> None:
    secret = "CN=Jane Doe,OU=People"

    command = Command("Clear-MobileDevice", {"Identity": secret})
    with pytest.raises(InvalidCommand) as caught:
        Command("Clear-MobileDevice", {"Identity": secret + "*"})

    assert "Jane" not in repr(command)
    assert "Jane" not in str(caught.value)


def test_a_command_can_not_be_changed_after_its_check() -> None:
    command = Command("Clear-MobileDevice", {"Identity": GUID})

    with pytest.raises(TypeError):
        command.parameters["Identity"] = ""  # type: ignore[index]


def test_the_table_knows_every_cmdlet_of_the_connectors_account() -> None:
    assert len([name for name in table() if name != "Get-Command"]) == 44
