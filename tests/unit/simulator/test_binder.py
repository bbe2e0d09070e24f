"""Parameter binding, in PowerShell's words."""

from datetime import timedelta
from typing import Any

import pytest

from exconn.simulator.cmdlets.binder import bind, bind_each
from exconn.simulator.cmdlets.catalog import cmdlet
from exconn.simulator.cmdlets.piping import Piped
from exconn.simulator.errors import CmdletFailed
from exconn.simulator.protocol.invocations import Argument


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
        ("PasswordEnabled", True, True),
        ("PasswordEnabled", 0, False),
        ("MaxAttachmentSize", "2 MB (2,097,152 bytes)", 2097152),
        ("UnapprovedInROMApplicationList", "a.exe", ["a.exe"]),
    ],
)
def test_policy_values_become_what_their_type_wants(name: str, value: object, expected: object) -> None:
    assert bound("Set-MobileDeviceMailboxPolicy", ("Identity", "Default"), (name, value))[name] == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MinPasswordLength", "long"),
        ("MinPasswordLength", 2**31),
        ("MinPasswordLength", [8]),
        ("MinPasswordLength", {"Add": 8}),
        ("AllowBluetooth", "Sometimes"),
        ("AllowBluetooth", ["Allow"]),
        ("PasswordEnabled", "maybe"),
        ("PasswordEnabled", "$true"),
        ("PasswordEnabled", "true"),
        ("PasswordExpiration", "someday"),
        ("PasswordExpiration", "30.25:00:00"),
        ("MaxAttachmentSize", "2 miles"),
        ("Identity", ""),
    ],
)
def test_values_of_another_type_are_refused(name: str, value: object) -> None:
    identity = [] if name == "Identity" else [("Identity", "Default")]
    found, text = refusal("Set-MobileDeviceMailboxPolicy", *identity, (name, value))
    assert found == "ParameterArgumentTransformationError"
    assert f"'{name}'" in text


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MinPasswordLength", 17, 'outside the range "1" to "16"'),
        ("MaxPasswordFailedAttempts", 3, 'outside the range "4" to "16"'),
        ("MaxInactivityTimeLock", "02:00:00", 'outside the range "00:01:00" to "01:00:00"'),
        ("MaxAttachmentSize", "2GB", "outside the range"),
    ],
)
def test_values_out_of_their_limits_are_refused(name: str, value: object, words: str) -> None:
    found, text = refusal("Set-MobileDeviceMailboxPolicy", ("Identity", "Default"), (name, value))
    assert found == "ParameterBindingFailed"
    assert text.startswith(f"Cannot bind parameter '{name}' to the target.")
    assert words in text


def test_a_text_that_is_too_long_is_refused() -> None:
    found, text = refusal("Set-CASMailbox", ("Identity", "x"), ("Name", "n" * 65))
    assert found == "ParameterBindingFailed"
    assert "The maximum length is 64 and the length of the value provided is 65." in text


def test_the_older_family_has_the_limits_of_its_successor_where_its_page_gives_none() -> None:
    older = "Set-ActiveSyncMailboxPolicy"
    assert bound(older, ("Identity", "x"), ("DevicePasswordHistory", 50))["DevicePasswordHistory"] == 50
    assert refusal(older, ("Identity", "x"), ("DevicePasswordHistory", 51))[0] == "ParameterBindingFailed"
    half_a_minute = bound(older, ("Identity", "x"), ("MaxInactivityTimeDeviceLock", "00:00:30"))
    assert half_a_minute["MaxInactivityTimeDeviceLock"] == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("HtmlOnly", "HtmlOnly"),
        ("htmlonly", "HtmlOnly"),
        (1, "HtmlOnly"),
        ("1", "HtmlOnly"),
        ("Best", "BestBodyFormat"),
    ],
)
def test_an_enumerator_is_meant_by_name_number_or_beginning(given: object, meant: str) -> None:
    name = "ImapMessagesRetrievalMimeFormat"
    assert bound("Set-CASMailbox", ("Identity", "x"), (name, given))[name] == meant


@pytest.mark.parametrize(("given", "words"), [("Text", "TextOnly, TextEnrichedOnly"), (7, "valid enumerator name")])
def test_an_enumerator_that_is_not_clear_is_refused(given: object, words: str) -> None:
    found, text = refusal("Set-CASMailbox", ("Identity", "x"), ("PopMessagesRetrievalMimeFormat", given))
    assert found == "ParameterArgumentTransformationError"
    assert words in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        # A switch takes what stands behind it only with a colon.
        ([("Confirm:", None), (None, False), (None, "x")], {"Confirm": False, "Identity": "x"}),
        ([("-Confirm:", False), (None, "x")], {"Confirm": False, "Identity": "x"}),
        ([("Cancel", None), ("Identity", None), (None, "x")], {"Cancel": True, "Identity": "x"}),
        ([("NOTIFICATIONemailADDRESSES", None), (None, ["a", "b"]), (None, "x")],
         {"NotificationEmailAddresses": ["a", "b"], "Identity": "x"}),
        ([(None, "x"), ("wi", None), ("ea", 0), ("Verb", None)],
         {"Identity": "x", "WhatIf": True, "ErrorAction": "SilentlyContinue", "Verbose": True}),
        ([("Identity", "x"), ("ErrorAction", "stop")], {"Identity": "x", "ErrorAction": "Stop"}),
    ],
    ids=str,
)  # fmt: skip
def test_arguments_bind_however_they_are_written(
    arguments: list[tuple[str | None, Any]], expected: dict[str, Any]
) -> None:
    assert bound("Clear-MobileDevice", *arguments) == expected


def test_an_action_that_there_is_not_is_refused() -> None:
    found, text = refusal("Clear-MobileDevice", ("Identity", "x"), ("ErrorAction", "Explode"))
    assert found == "ParameterArgumentTransformationError"
    assert "SilentlyContinue, Stop, Continue" in text


def test_only_add_and_remove_are_keys_of_an_edit() -> None:
    lists = ("ActiveSyncAllowedDeviceIDs", {"Add": ["a"], "Replace": ["b"]})
    assert 'The hashtable key "Replace"' in refusal("Set-CASMailbox", ("Identity", "x"), lists)[1]


def piped(name: str, objects: list[Piped], *arguments: tuple[str | None, Any]) -> list[dict[str, Any] | str]:
    entry = cmdlet(name)
    each = bind_each(entry, list(entry.parameters), [Argument(n, v) for n, v in arguments], iter(objects))
    return [b.record.error_id.split(",")[0] if isinstance(b, CmdletFailed) else b for b in each]


def test_texts_and_objects_of_the_pipeline_are_bound_one_by_one() -> None:
    device = Piped(properties={"identity": "corp/x", "guid": "1"})
    assert piped("Clear-MobileDevice", [Piped("a"), device], ("Confirm", False)) == [
        {"Confirm": False, "Identity": "a"},
        {"Confirm": False, "Identity": "corp/x"},
    ]


def test_a_piped_text_is_a_mailbox_only_where_no_other_parameter_takes_it() -> None:
    assert piped("Get-MobileDeviceStatistics", [Piped("a")]) == [{"Identity": "a"}]


def test_an_object_that_no_parameter_takes_is_an_error_of_its_own() -> None:
    objects = [Piped(properties={"name": "x"}), Piped("b")]
    assert piped("Remove-MobileDevice", objects) == ["InputObjectNotBound", {"Identity": "b"}]
    assert piped("Remove-MobileDevice", [Piped("b")], ("Identity", "a")) == ["InputObjectNotBound"]


def test_what_is_wrong_without_the_pipeline_ends_the_command_at_once() -> None:
    with pytest.raises(CmdletFailed) as failed:
        piped("Set-CASMailbox", [Piped("a")], ("Nonsense", 1))
    assert failed.value.record.error_id == "NamedParameterNotFound,Set-CASMailbox"


def test_hashtable_is_taken_only_where_it_is_documented() -> None:
    change = bound("Set-CASMailbox", ("Identity", "x"), ("ActiveSyncAllowedDeviceIDs", {"Add": ["a"], "Remove": "b"}))
    assert change["ActiveSyncAllowedDeviceIDs"] == {"add": ["a"], "remove": ["b"]}
    refused = refusal("Clear-MobileDevice", ("Identity", "x"), ("NotificationEmailAddresses", {"Add": ["a"]}))
    assert refused[0] == "ParameterArgumentTransformationError"
