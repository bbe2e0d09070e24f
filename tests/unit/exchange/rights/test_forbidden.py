"""What an account must not have: by what its session shows, and less for one that serves several workers."""

from collections.abc import Iterable
from itertools import combinations

import pytest

from exconn.contracts.roles import ACCOUNT_ROLES, AccountRole
from exconn.exchange.rights.exposed import Exposed, family
from exconn.exchange.rights.forbidden import BY_ROLE, EVERYBODY, forbidden_for, in_reach
from exconn.exchange.rights.preflight import requirements_of

ROLES = ACCOUNT_ROLES
SETS = [roles for size in (1, 2, 3) for roles in combinations(ROLES, size)]


class Showing:
    """A session that shows some cmdlets: name in small letters to parameters, None where it does not tell."""

    def __init__(self, **shown: Iterable[str] | None) -> None:
        self._shown: Exposed = {
            name.replace("_", "-").lower(): None if parameters is None else frozenset(p.lower() for p in parameters)
            for name, parameters in shown.items()
        }

    def exposes(self, cmdlets: Iterable[str]) -> Exposed:
        return {name.lower(): self._shown[name.lower()] for name in cmdlets if name.lower() in self._shown}


@pytest.mark.parametrize("roles", SETS, ids="+".join)
def test_nothing_is_forbidden_that_a_worker_of_the_account_needs(roles: tuple[AccountRole, ...]) -> None:
    needed = {each for role in roles for each in requirements_of(role)}

    for row in forbidden_for(roles):
        for each in needed:
            if row.cmdlet == each.cmdlet:
                assert row.parameters, f"{row.cmdlet} is needed by {roles}"
                assert not set(row.parameters) & set(each.parameters)


def test_each_account_is_kept_from_what_the_others_do() -> None:
    assert {"Clear-ActiveSyncDevice", "Remove-ActiveSyncDevice", "Set-CASMailbox"} <= {
        row.cmdlet for row in forbidden_for(["discovery"])
    }
    assert "Clear-ActiveSyncDevice" in {row.cmdlet for row in forbidden_for(["discovery", "policy"])}
    assert "Clear-ActiveSyncDevice" not in {row.cmdlet for row in forbidden_for(ROLES)}
    assert set(EVERYBODY) <= set(forbidden_for(ROLES))


@pytest.mark.parametrize(
    "cmdlet",
    [
        "New-MobileDeviceMailboxPolicy",
        "New-ActiveSyncMailboxPolicy",
        "Remove-MobileDeviceMailboxPolicy",
        "New-ActiveSyncDeviceAccessRule",
        "Set-ActiveSyncDeviceAccessRule",
        "Remove-ActiveSyncDeviceAccessRule",
        "Set-ActiveSyncOrganizationSettings",
    ],
)
@pytest.mark.parametrize("roles", SETS, ids="+".join)
def test_no_account_may_replace_policies_or_decide_who_gets_in(roles: tuple[AccountRole, ...], cmdlet: str) -> None:
    """Only values of a policy that is there are changed; a policy that was made as default would replace it."""
    (found,) = in_reach(Showing(**{cmdlet.replace("-", "_"): None}), roles)

    assert (found.cmdlet, found.severity) == (cmdlet, "failed")


def test_the_policy_account_may_not_switch_off_single_people() -> None:
    shown = Showing(Set_CASMailbox=("Identity", "ActiveSyncMailboxPolicy", "ActiveSyncEnabled", "OWAEnabled"))

    assert [str(each) for each in in_reach(shown, ["policy"])] == ["Set-CASMailbox -ActiveSyncEnabled, -OWAEnabled"]


def test_a_cmdlet_of_either_family_is_found_by_the_name_that_is_shown() -> None:
    found = in_reach(Showing(Clear_MobileDevice=("Identity",)), ["policy"])

    assert [(each.cmdlet, each.severity) for each in found] == [("Clear-MobileDevice", "failed")]
    assert found[0].reason


def test_a_parameter_is_found_alone_and_named() -> None:
    shown = Showing(Set_CASMailbox=("Identity", "ActiveSyncMailboxPolicy", "ActiveSyncBlockedDeviceIDs"))

    assert [str(each) for each in in_reach(shown, ["policy"])] == ["Set-CASMailbox -ActiveSyncBlockedDeviceIDs"]
    assert [str(each) for each in in_reach(shown, ["actions"])] == ["Set-CASMailbox -ActiveSyncMailboxPolicy"]


def test_nothing_is_claimed_of_parameters_that_are_not_told() -> None:
    assert in_reach(Showing(Set_CASMailbox=None), ["policy"]) == []
    assert [str(each) for each in in_reach(Showing(Set_CASMailbox=None), ["discovery"])] == ["Set-CASMailbox"]


def test_every_row_has_a_reason_and_both_families_are_meant() -> None:
    rows = [*EVERYBODY, *(row for group in BY_ROLE.values() for row in group)]

    assert all(row.reason and "{" not in row.reason for row in rows)
    assert len(family("Clear-ActiveSyncDevice")) == 2
