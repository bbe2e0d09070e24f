"""The two families of names say the same; which of them travels is decided by what a session shows."""

import pytest

from exconn.exchange.cmdlets.dialect import (
    Dialect,
    canonical,
    cmdlet_for,
    parameter_for,
    policy_settings,
    successor_parameter,
)
from exconn.exchange.cmdlets.parameter_values import Rejected, wire_value
from exconn.exchange.cmdlets.table import OLDER_PARAMETERS, table
from exconn.exchange.rights.exposed import dialect_of

OLDER_POLICY, NEWER_POLICY = "Set-ActiveSyncMailboxPolicy", "Set-MobileDeviceMailboxPolicy"
#: What one family's pages have and the other's do not.
OLDER_ONLY = {"IsDefaultPolicy"}
NEWER_ONLY = {"AllowGooglePushNotifications", "AllowMicrosoftPushNotifications"}


@pytest.mark.parametrize("task", ["devices", "statistics", "clear", "remove", "policies", "set policy"])
def test_each_task_has_a_cmdlet_in_both_families(task: str) -> None:
    older, newer = cmdlet_for(task, "ActiveSync"), cmdlet_for(task, "MobileDevice")

    assert table()[older].successor == newer
    assert "2010" in table()[older].applies_to
    assert "2010" not in table()[newer].applies_to


@pytest.mark.parametrize("verb", ["Set", "New"])
def test_every_policy_parameter_has_its_twin(verb: str) -> None:
    older = table()[f"{verb}-ActiveSyncMailboxPolicy"].parameters.keys() - OLDER_ONLY
    newer = table()[f"{verb}-MobileDeviceMailboxPolicy"].parameters.keys() - NEWER_ONLY

    assert {canonical(name) for name in older} == newer
    assert {parameter_for(name, "ActiveSync") for name in newer} == older
    for name in older:
        assert successor_parameter(f"{verb}-ActiveSyncMailboxPolicy", name) in newer


def test_renamed_parameters_take_the_same_kind_of_value() -> None:
    for newer, older in OLDER_PARAMETERS.items():
        assert table()[OLDER_POLICY].parameters[older].form is table()[NEWER_POLICY].parameters[newer].form


def test_settings_are_the_same_in_both_families() -> None:
    older, newer = policy_settings("ActiveSync"), policy_settings("MobileDevice")

    assert older.keys() == newer.keys() - NEWER_ONLY
    assert "Identity" not in newer
    assert newer["MinPasswordLength"] == "MinPasswordLength"
    assert older["MinPasswordLength"] == "MinDevicePasswordLength"


@pytest.mark.parametrize("cmdlet", [OLDER_POLICY, NEWER_POLICY])
def test_sizes_of_an_unclear_unit_travel_bare_and_others_with_their_unit(cmdlet: str) -> None:
    parameters = table()[cmdlet].parameters

    assert wire_value(parameters["MaxEmailBodyTruncationSize"], 2048) == 2048
    assert wire_value(parameters["MaxEmailHTMLBodyTruncationSize"], "Unlimited") == "Unlimited"
    assert wire_value(parameters["MaxAttachmentSize"], 0) == "0KB"
    assert wire_value(parameters["MaxAttachmentSize"], 2_097_151 * 1024) == "2097151KB"
    assert wire_value(parameters["MaxAttachmentSize"], 1500) == 1500
    with pytest.raises(Rejected):
        wire_value(parameters["MaxAttachmentSize"], 2_097_152 * 1024)


@pytest.mark.parametrize(
    ("shown", "dialect"),
    [({"get-mobiledevice": None}, "MobileDevice"), ({"get-activesyncdevice": None}, "ActiveSync"), ({}, "ActiveSync"),
     ({"get-mobiledevice": None, "get-activesyncdevice": None}, "MobileDevice")],
)  # fmt: skip
def test_the_newer_names_are_used_where_they_are_shown(shown: dict[str, None], dialect: Dialect) -> None:
    assert dialect_of(shown) == dialect
