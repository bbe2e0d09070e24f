"""Parameter binding, in PowerShell's words."""

from datetime import timedelta
from typing import Any

import pytest

from exconn.simulator.binder import bind
from exconn.simulator.catalog import cmdlet
from exconn.simulator.errors import CmdletFailed
from exconn.simulator.invocations import Argument


def bound(name: str, *arguments: tuple[str | None, Any], hidden: tuple[str, ...] = ()) -> dict[str, Any]:
    entry = cmdlet(name)
    visible = [p for p in entry.parameters if p not in hidden]
    return bind(entry, visible, [Argument(n, v) for n, v in arguments])


def refusal(name: str, *arguments: tuple[str | None, Any], hidden: tuple[str, ...] = ()) -> tuple[str, str]:
    with pytest.raises(CmdletFailed) as failed:
        bound(name, *arguments, hidden=hidden)
    return failed.value.record.error_id.split(",")[0], failed.value.record.message


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([("identity", "x")], {"Identity": "x"}),
        ([("-Identity:", "x")], {"Identity": "x"}),
        ([("iden", "x")], {"Identity": "x"}),
        ([(None, "x")], {"Identity": "x"}),
        ([("Identity", None), (None, "x")], {"Identity": "x"}),
        ([("Mail", "m")], {"Mailbox": "m"}),
        ([("Monitoring", None)], {"Monitoring": True}),
        ([("Monitoring", None), (None, "x")], {"Monitoring": True, "Identity": "x"}),
        ([("Monitoring", False)], {"Monitoring": False}),
        ([("ResultSize", "unlimited")], {"ResultSize": "Unlimited"}),
        ([("ResultSize", 7)], {"ResultSize": 7}),
        ([("Identity", None)], {"Identity": None}),
        ([("ErrorAction", "Stop")], {"ErrorAction": "Stop"}),
        ([], {}),
    ],
    ids=str,
)
def test_parameters_bind(arguments: list[tuple[str | None, Any]], expected: dict[str, Any]) -> None:
    assert bound("Get-MobileDevice", *arguments) == expected


def test_alias_of_confirm_is_known() -> None:
    assert bound("Clear-MobileDevice", ("cf", False), ("Identity", "x")) == {"Confirm": False, "Identity": "x"}


@pytest.mark.parametrize(
    ("arguments", "error_id", "words"),
    [
        ([("Nonsense", 1)], "NamedParameterNotFound", "matches parameter name 'Nonsense'"),
        ([("O", 1)], "AmbiguousParameter", "Possible matches include: -OWAforDevices -OrganizationalUnit"),
        ([("Identity", "a"), ("Identity", "b")], "ParameterAlreadyBound", "'Identity' is specified more than once"),
        ([(None, "a"), (None, "b")], "PositionalParameterNotFound", "accepts argument 'b'"),
        ([("Identity", "a"), ("Mailbox", "b")], "AmbiguousParameterSet", "cannot be resolved"),
        ([("Monitoring", "perhaps")], "ParameterArgumentTransformationError", "on parameter 'Monitoring'"),
        ([("ResultSize", "many")], "ParameterArgumentTransformationError", "on parameter 'ResultSize'"),
    ],
    ids=lambda v: str(v),
)
def test_wrong_parameters_are_refused(arguments: list[tuple[str, Any]], error_id: str, words: str) -> None:
    found, text = refusal("Get-MobileDevice", *arguments)
    assert found == error_id
    assert words in text


def test_missing_and_null_required_parameters_are_refused() -> None:
    assert refusal("Clear-MobileDevice", ("Confirm", False))[0] == "MissingMandatoryParameter"
    assert refusal("Clear-MobileDevice", ("Identity", None))[0] == "ParameterArgumentValidationErrorNullNotAllowed"


def test_hidden_parameter_is_unknown_even_abbreviated() -> None:
    for name in ("Cancel", "Canc"):
        found = refusal("Clear-MobileDevice", (name, True), ("Identity", "x"), hidden=("Cancel",))
        assert found == ("NamedParameterNotFound", f"A parameter cannot be found that matches parameter name '{name}'.")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MinPasswordLength", 8, 8),
        ("MinPasswordLength", "8", 8),
        ("MinPasswordLength", None, None),
        ("MaxPasswordFailedAttempts", "Unlimited", "Unlimited"),
        ("MaxInactivityTimeLock", "00:05:00", timedelta(minutes=5)),
        ("PasswordExpiration", "30.00:00:00", timedelta(days=30)),
        ("AllowBluetooth", "handsfreeonly", "HandsfreeOnly"),
        ("PasswordEnabled", "$true", True),
        ("MaxAttachmentSize", "2 MB (2,097,152 bytes)", 2097152),
        ("UnapprovedInROMApplicationList", "a.exe", ["a.exe"]),
    ],
)
def test_policy_values_become_what_their_type_wants(name: str, value: object, expected: object) -> None:
    assert bound("Set-MobileDeviceMailboxPolicy", ("Identity", "Default"), (name, value))[name] == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MinPasswordLength", 17),
        ("MinPasswordLength", "long"),
        ("MaxPasswordFailedAttempts", 3),
        ("MaxInactivityTimeLock", "02:00:00"),
        ("AllowBluetooth", "Sometimes"),
        ("PasswordEnabled", "maybe"),
        ("PasswordExpiration", "someday"),
    ],
)
def test_policy_values_out_of_their_limits_are_refused(name: str, value: object) -> None:
    found, text = refusal("Set-MobileDeviceMailboxPolicy", ("Identity", "Default"), (name, value))
    assert found == "ParameterArgumentTransformationError"
    assert f"'{name}'" in text


def test_hashtable_is_taken_only_where_it_is_documented() -> None:
    change = bound("Set-CASMailbox", ("Identity", "x"), ("ActiveSyncAllowedDeviceIDs", {"Add": ["a"], "Remove": "b"}))
    assert change["ActiveSyncAllowedDeviceIDs"] == {"add": ["a"], "remove": ["b"]}
    refused = refusal("Clear-MobileDevice", ("Identity", "x"), ("NotificationEmailAddresses", {"Add": ["a"]}))
    assert refused[0] == "ParameterArgumentTransformationError"
