"""What Exchange shows of the default policy: anything but one policy with values is an error."""

from datetime import timedelta
from types import MappingProxyType

import pytest

from exconn.exchange import MailboxPolicy
from exconn.policy.default_policy import (
    EmptyGroupError,
    NoDefaultPolicyError,
    SeveralDefaultPoliciesError,
    default_policy,
    group_values,
)


def policy(guid: str, *, is_default: bool = True, **values: object) -> MailboxPolicy:
    return MailboxPolicy(identity=guid, guid=guid, name=guid, is_default=is_default, values=MappingProxyType(values))


def test_the_default_policy_is_the_one_that_says_so() -> None:
    assert default_policy([policy("a", is_default=False), policy("b")]).guid == "b"


@pytest.mark.parametrize(
    ("shown", "error"),
    [
        ([], NoDefaultPolicyError),
        ([policy("a", is_default=False)], NoDefaultPolicyError),
        ([policy("a"), policy("b")], SeveralDefaultPoliciesError),
    ],
)
def test_none_or_several_defaults_are_an_error(shown: list[MailboxPolicy], error: type[Exception]) -> None:
    with pytest.raises(error):
        default_policy(shown)


def test_a_policy_without_any_value_of_the_group_is_a_failed_reading() -> None:
    with pytest.raises(EmptyGroupError):
        group_values(policy("a", AllowBluetooth="Allow"), "password")


def test_values_of_the_group_are_read_and_words_of_other_kinds_count_as_not_shown() -> None:
    shown = policy(
        "a",
        PasswordEnabled=False,
        MinPasswordLength=4,
        MaxInactivityTimeLock=timedelta(minutes=15),
        PasswordExpiration="Unlimited",
        MaxPasswordFailedAttempts="eight",
    )

    values = group_values(shown, "password")

    assert {name: value for name, value in values.items() if value is not None} == {
        "PasswordEnabled": False,
        "MinPasswordLength": 4,
        "MaxInactivityTimeLock": timedelta(minutes=15),
        "PasswordExpiration": "Unlimited",
    }
