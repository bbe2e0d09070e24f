"""What differs between the guarded Password group and Exchange."""

from datetime import timedelta

import pytest

from exconn.connector import parse_definition, sample_definition
from exconn.policy.drift import Change, drift, wanted_values
from exconn.policy.plan_store import Plan, decode_plan


def definition(password: str):  # type: ignore[no-untyped-def]
    head, _, tail = sample_definition().partition("[policy.password]")
    return parse_definition(f"{head}[policy.password]\n{password}\n[limits.erase]{tail.split('[limits.erase]')[1]}")


def test_unset_settings_keep_what_exchange_had_when_the_group_was_taken() -> None:
    wanted = wanted_values(
        definition("password_enabled = true"), {"MinPasswordLength": 8, "PasswordHistory": 3, "PasswordEnabled": False}
    )

    assert wanted == {"PasswordEnabled": True, "MinPasswordLength": 8, "PasswordHistory": 3}


def test_a_documented_default_is_never_written_unasked() -> None:
    wanted = wanted_values(definition("password_enabled = true"), {})

    assert wanted == {"PasswordEnabled": True}


def test_only_what_differs_is_changed() -> None:
    changes = drift(
        {"PasswordEnabled": True, "MaxInactivityTimeLock": timedelta(minutes=15)},
        {"PasswordEnabled": True, "MaxInactivityTimeLock": timedelta(minutes=10), "PasswordHistory": 5},
    )

    assert [change.parameter for change in changes] == ["MaxInactivityTimeLock", "PasswordHistory"]


@pytest.mark.parametrize(
    ("found", "wanted", "dangerous"),
    [
        ("Unlimited", 8, True),  # phones begin to erase themselves
        (None, 8, True),  # Exchange does not show what it has
        (8, 4, True),
        (4, 8, False),
        (8, "Unlimited", False),
    ],
)
def test_fewer_failed_attempts_are_dangerous(found: int | str | None, wanted: int | str, dangerous: bool) -> None:
    change = Change(parameter="MaxPasswordFailedAttempts", found=found, wanted=wanted)

    assert change.dangerous is dangerous


def test_a_plan_survives_the_ledger_with_its_digest() -> None:
    changes = (
        Change(parameter="MaxInactivityTimeLock", found="Unlimited", wanted=timedelta(minutes=15)),
        Change(parameter="PasswordEnabled", found=None, wanted=True),
    )
    plan = Plan(policy="p", revision=2, changes=changes)

    again = decode_plan(plan.encoded())

    assert again == plan
    assert again.digest == plan.digest
    assert Plan(policy="p", revision=3, changes=changes).digest != plan.digest
