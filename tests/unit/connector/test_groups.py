"""What the settings groups mean to Exchange."""

from datetime import timedelta
from typing import get_args

import pytest

from exconn.connector import (
    GROUPS,
    PasswordGroup,
    Policy,
    configured_parameters,
    group_parameters,
    is_dangerous,
    wire_form,
)
from exconn.connector.definition import GeneralGroup
from exconn.connector.groups import PolicyValue


def test_unset_settings_are_absent_so_that_exchange_keeps_its_own() -> None:
    assert configured_parameters("password", PasswordGroup(password_enabled=False)) == {"PasswordEnabled": False}


@pytest.mark.parametrize("group", GROUPS)
def test_each_setting_of_a_group_has_one_row_and_one_parameter(group: str) -> None:
    (model,) = [each for each in get_args(Policy.model_fields[group].annotation) if each is not type(None)]

    assert [row.setting for row in GROUPS[group]] == list(model.model_fields)
    assert len(set(group_parameters(group))) == len(model.model_fields)


def test_each_group_of_a_definition_has_rows() -> None:
    assert list(GROUPS) == list(Policy.model_fields)


def test_of_a_parameter_without_a_row_nobody_knows_that_it_is_harmless() -> None:
    assert is_dangerous("AllowCamera", True, False)


def test_each_setting_becomes_its_parameter() -> None:
    settings = PasswordGroup(
        password_enabled=True,
        minimum_password_length=8,
        password_expiration_days=51,
        password_history=21,
        wipe_after_failed_attempts=6,
        maximum_idle_time_minutes=41,
        password_complexity="strong",
        minimum_complex_characters=3,
        allow_simple_password=False,
        password_recovery=True,
    )

    assert configured_parameters("password", settings) == {
        "PasswordEnabled": True,
        "MinPasswordLength": 8,
        "PasswordExpiration": timedelta(days=51),
        "PasswordHistory": 21,
        "MaxPasswordFailedAttempts": 6,
        "MaxInactivityTimeLock": timedelta(minutes=41),
        "AlphanumericPasswordRequired": True,
        "MinPasswordComplexCharacters": 3,
        "AllowSimplePassword": False,
        "PasswordRecoveryEnabled": True,
    }


def test_no_limit_and_documented_defaults_are_written_only_when_said() -> None:
    settings = PasswordGroup(
        password_enabled=True,
        password_expiration_days="default",
        password_history="default",
        wipe_after_failed_attempts="unlimited",
        password_complexity="pin",
        minimum_complex_characters="default",
        allow_simple_password="default",
        password_recovery="default",
    )

    assert configured_parameters("password", settings) == {
        "PasswordEnabled": True,
        "PasswordExpiration": "Unlimited",
        "PasswordHistory": 0,
        "MaxPasswordFailedAttempts": "Unlimited",
        "AlphanumericPasswordRequired": False,
        "MinPasswordComplexCharacters": 1,
        "AllowSimplePassword": True,
        "PasswordRecoveryEnabled": False,
    }


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (timedelta(days=51), "51.00:00:00"),
        (timedelta(minutes=41), "00:41:00"),
        (timedelta(hours=1), "01:00:00"),
        (timedelta(days=1, seconds=59), "1.00:00:59"),
        (8, 8),
        (True, True),
        ("Unlimited", "Unlimited"),
    ],
)
def test_values_are_written_as_exchange_reads_them(value: PolicyValue, wire: object) -> None:
    assert wire_form(value) == wire


def test_the_general_group_writes_hours_as_a_time_span() -> None:
    settings = GeneralGroup(allow_non_provisionable_devices=True, refresh_interval_hours=26)

    assert configured_parameters("general", settings) == {
        "AllowNonProvisionableDevices": True,
        "DevicePolicyRefreshInterval": timedelta(hours=26),
    }


@pytest.mark.parametrize(("found", "dangerous"), [(True, True), (None, True), (False, False)])
def test_turning_phones_away_that_cannot_enforce_the_policy_is_dangerous(found: bool | None, dangerous: bool) -> None:
    assert is_dangerous("AllowNonProvisionableDevices", found, False) is dangerous
    assert not is_dangerous("AllowNonProvisionableDevices", found, True)
