"""What is written in a definition, what is refused, and what becomes of it for Exchange."""

import json
from datetime import timedelta

import pytest

from exconn.connector import (
    GROUP_MODELS,
    GROUPS,
    DefinitionError,
    Policy,
    configured_parameters,
    definition_of,
    guarded_in,
    is_dangerous,
    parse_definition,
    sample_definition,
    wire_form,
)
from exconn.connector.settings.values import PolicyValue

HEAD, _, REST = sample_definition().partition("[policy.password]")


def policy(lines: str) -> Policy:
    """The policy of a definition that says these lines."""
    return parse_definition(f"{HEAD}{lines}\n[limits.erase]{REST.partition('[limits.erase]')[2]}").policy


def problems(lines: str) -> dict[str, str]:
    """What is wrong, by setting."""
    with pytest.raises(DefinitionError) as caught:
        policy(lines)
    return {each.field: f"{each.problem}; {each.remedy}" for each in caught.value.problems}


def written(lines: str) -> dict[str, PolicyValue]:
    """What Exchange is given."""
    configured = policy(lines).groups()
    return {
        name: value for group, each in configured.items() for name, value in configured_parameters(group, each).items()
    }


def test_unset_settings_are_absent_so_that_exchange_keeps_its_own() -> None:
    assert written("[policy.password]\npassword_enabled = false") == {"PasswordEnabled": False}


@pytest.mark.parametrize("name", GROUP_MODELS)
def test_the_model_of_a_group_has_a_field_for_each_row(name: str) -> None:
    assert list(GROUP_MODELS[name].model_fields) == [row.setting for row in GROUPS[name].rows]


def test_units_are_those_of_the_original() -> None:
    assert written(
        "[policy.general]\nrefresh_hours = 26\n"
        "[policy.password]\npassword_enabled = true\npassword_expiration = 51\nmaximum_idle_time_mins = 41\n"
        'password_complexity = "strong"\n'
        "[policy.email_management]\nmaximum_size_text_email = 401\nmaximum_size_attachment = 24\n"
    ) == {
        "DevicePolicyRefreshInterval": timedelta(hours=26),
        "PasswordEnabled": True,
        "PasswordExpiration": timedelta(days=51),
        "MaxInactivityTimeLock": timedelta(minutes=41),
        "AlphanumericPasswordRequired": True,
        "MaxEmailBodyTruncationSize": 401,
        "MaxAttachmentSize": 24 * 1024,
    }


@pytest.mark.parametrize(("pushed", "by_hand"), [("true", False), ("false", True)])
def test_push_while_roaming_is_the_opposite_of_what_exchange_asks(pushed: str, by_hand: bool) -> None:
    assert written(f"[policy.email_management]\npush_when_roaming = {pushed}") == {
        "RequireManualSyncWhenRoaming": by_hand
    }


def test_defaults_are_written_only_when_said_and_in_terms_of_exchange() -> None:
    assert written(
        '[policy.email_management]\npush_when_roaming = "default"\nmaximum_size_attachment = "default"\n'
        '[policy.security]\nbluetooth = "default"\n'
    ) == {"RequireManualSyncWhenRoaming": False, "MaxAttachmentSize": "Unlimited", "AllowBluetooth": "Allow"}


@pytest.mark.parametrize(
    ("lines", "field", "words"),
    [
        ("[policy.general]\nrefresh_hours = 0", "general.refresh_hours", ("0 ", "1 to 596523 hours", "hosting panel")),
        ("[policy.general]\nrefresh_hours = true", "general.refresh_hours", ("True is no whole number",)),
        ('[policy.general]\nallow_non_provision = "default"', "general.allow_non_provision", ("$false", "$true")),
        ('[policy.security]\nstorage_card_encrypt = "default"', "security.storage_card_encrypt", ("do not agree",)),
        (
            "[policy.password]\npassword_enabled = true\nminimum_complex_char = 5",
            "password.minimum_complex_char",
            ("5 is outside 1 to 4", "MobileDevice family's page"),
        ),
        (
            '[policy.email_management]\nmaximum_calendar_age = "OneDay"',
            "email_management.maximum_calendar_age",
            ("'OneDay'", "TwoWeeks, OneMonth, ThreeMonths, SixMonths"),
        ),
        (
            "[policy.email_management]\nmaximum_size_attachment = 2097152",
            "email_management.maximum_size_attachment",
            ("2097152 is outside 0 to 2097151 KB",),
        ),
        ('[policy.application]\nblocked_application = "a.exe"', "application.blocked_application", ("is no list",)),
        ('[policy.application]\nblocked_application = ["a\\u0007"]', "application.blocked_application", ("no text",)),
        ("[policy.security]\ncamara = true", "security.camara", ("did you mean camera?",)),
        ("[policy.zzz]\ncamera = true", "zzz", ("known keys:", "email_management")),
        ("[policy.security]\nunsigned_install = true", "security.unsigned_install", ("into [policy.application]",)),
        (
            "[policy.general]\nallow_external_device_management = true",
            "general.allow_external_device_management",
            ("into [policy]",),
        ),
        (
            "[policy.general]\nrefresh_interval_hours = 4",
            "general.refresh_interval_hours",
            ("called refresh_hours now",),
        ),
        ("[policy.application]\n", "application", ("no setting is set",)),
    ],
)
def test_what_cannot_be_used_is_refused_with_value_range_and_source(
    lines: str, field: str, words: tuple[str, ...]
) -> None:
    found = problems(lines)

    assert list(found) == [f"policy.{field}"]
    for word in words:
        assert word in found[f"policy.{field}"]


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        (
            "[policy.password]\npassword_enabled = true\nminimum_password_length = 2\nminimum_complex_char = 3",
            "password.minimum_complex_char",
        ),
        (
            "[policy.email_management]\nemail_attachment_policy = false\nmaximum_size_attachment = 9",
            "email_management.maximum_size_attachment",
        ),
        (
            '[policy.email_management]\nallow_html_email = false\nmaximum_size_html_email = "unlimited"',
            "email_management.maximum_size_html_email",
        ),
        (
            "[policy.security]\nstorage_card_encrypt = true\n[policy.extended]\ndevice_encryption_enabled = false",
            "security.storage_card_encrypt",
        ),
    ],
)
def test_contradictory_settings_are_refused(lines: str, field: str) -> None:
    assert "contradicts" in problems(lines)[f"policy.{field}"]


def test_a_group_is_guarded_as_a_whole_but_what_the_original_never_had_only_where_it_is_set() -> None:
    found = policy(
        "[policy]\nallow_external_device_management = false\n"
        "[policy.application]\nunsigned_install = true\n[policy.extended]\nirm_enabled = true\n"
    )

    assert found.guarded() == (
        "AllowUnsignedApplications",
        "AllowUnsignedInstallationPackages",
        "UnapprovedInROMApplicationList",
        "IrmEnabled",
        "AllowExternalDeviceManagement",
    )
    assert guarded_in("extended", {}) == ()


def test_settings_survive_the_store() -> None:
    text = f"{HEAD}[policy.application]\nblocked_application = ['b', 'a', 'b']\n[policy.password]{REST}"
    definition = parse_definition(text)

    assert definition_of(definition.model_dump_json()) == definition
    assert definition.policy.groups()["application"] == {"blocked_application": ("a", "b")}


def test_what_is_not_set_is_not_stored_so_that_an_earlier_version_reads_what_it_knows() -> None:
    stored = json.loads(parse_definition(sample_definition()).model_dump_json())

    assert stored["policy"] == {
        "password": {
            "password_enabled": True,
            "minimum_password_length": 6,
            "password_expiration": "unlimited",
            "maximum_idle_time_mins": 15,
        }
    }


def test_a_definition_of_an_earlier_version_keeps_what_it_said() -> None:
    stored = parse_definition(sample_definition()).model_dump(mode="json")
    stored["policy"] = {
        "general": {"allow_non_provisionable_devices": True, "refresh_interval_hours": "default"},
        "password": {
            "password_enabled": True,
            "password_expiration_days": 30,
            "password_history": "default",
            "wipe_after_failed_attempts": 8,
            "maximum_idle_time_minutes": None,
            "password_complexity": "strong",
            "minimum_complex_characters": "default",
        },
    }

    assert definition_of(stored).policy.groups() == {
        "general": {"allow_non_provision": True, "refresh_hours": "unlimited"},
        "password": {
            "password_enabled": True,
            "password_expiration": 30,
            "password_history": 0,
            "wipe_after_failed_attempt": 8,
            "password_complexity": "Strong",
            "minimum_complex_char": 1,
        },
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
        (("a.exe", "b.exe"), "a.exe, b.exe"),
        ((), "none"),
    ],
)
def test_values_are_shown_as_exchange_reads_them(value: PolicyValue, wire: object) -> None:
    assert wire_form(value) == wire


#: Each change that a second person must see, and one of the same setting that is harmless.
DANGEROUS: tuple[tuple[str, PolicyValue | None, PolicyValue, PolicyValue], ...] = (
    ("MaxPasswordFailedAttempts", 8, 4, "Unlimited"),
    ("MaxPasswordFailedAttempts", None, 8, "Unlimited"),
    ("MaxInactivityTimeLock", timedelta(minutes=15), timedelta(minutes=5), timedelta(minutes=30)),
    ("AllowNonProvisionableDevices", True, False, True),
    ("AllowNonProvisionableDevices", None, False, True),
    ("RequireStorageCardEncryption", False, True, False),
    ("RequireDeviceEncryption", None, True, False),
    ("DeviceEncryptionEnabled", False, True, False),
    ("AttachmentsEnabled", True, False, True),
    ("AllowExternalDeviceManagement", False, True, False),
)


@pytest.mark.parametrize(("parameter", "found", "dangerous", "harmless"), DANGEROUS)
def test_what_erases_locks_or_lets_go_is_dangerous(
    parameter: str, found: PolicyValue | None, dangerous: PolicyValue, harmless: PolicyValue
) -> None:
    assert is_dangerous(parameter, found, dangerous)
    assert not is_dangerous(parameter, found, harmless)
    assert not is_dangerous(parameter, dangerous, dangerous)


def test_no_other_setting_has_a_dangerous_change() -> None:
    having = {row.parameter for table in GROUPS.values() for row in table.rows if row.dangerous.says}

    assert having == {parameter for parameter, *_ in DANGEROUS}
    assert not is_dangerous("AllowBluetooth", "Allow", "Disable")
    assert not is_dangerous("UnapprovedInROMApplicationList", (), ("a.exe",))


def test_of_a_parameter_without_a_row_nobody_knows_that_it_is_harmless() -> None:
    assert is_dangerous("AllowTeleportation", True, False)
