"""What each class of client does with settings of a mailbox policy, as far as it is documented."""

import pytest

from exconn.contracts import ClientClass
from exconn.contracts.policy_reach import Obeys, policy_reach, reach_text

CHANGED = ("MinPasswordLength", "PasswordEnabled", "PasswordExpiration")


def test_outlook_obeys_few_and_some_of_them_on_android_alone() -> None:
    reach = policy_reach(ClientClass.OUTLOOK, CHANGED)

    assert (reach.settings, reach.on_android) == (("PasswordEnabled",), ("MinPasswordLength",))
    assert reach_text(reach) == "obeys PasswordEnabled; on Android MinPasswordLength; no other is documented"


def test_outlook_is_not_said_to_obey_what_nothing_is_documented_of() -> None:
    reach = policy_reach(ClientClass.OUTLOOK, ["PasswordHistory", "AllowNonProvisionableDevices"])

    assert reach_text(reach) == "none of these is documented as obeyed"


@pytest.mark.parametrize(
    ("client", "obeys"),
    [
        (ClientClass.NATIVE, Obeys.TOLD),
        (ClientClass.OUTLOOK_SERVICE, Obeys.NOTHING_HERE),
        (ClientClass.UNKNOWN, Obeys.UNKNOWN),
    ],
)
def test_of_the_other_classes_no_single_setting_is_claimed(client: ClientClass, obeys: Obeys) -> None:
    reach = policy_reach(client, CHANGED)

    assert (reach.obeys, reach.settings, reach.on_android) == (obeys, (), ())
    assert reach_text(reach)
