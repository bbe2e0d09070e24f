"""What an account lacks is looked up by cmdlet and parameter, in either family of names."""

from collections.abc import Iterable

import pytest

from exconn.exchange import REQUIREMENTS, Lack, Missing, Requirement, report, requirements_of
from exconn.exchange.cmdlets.table import table
from exconn.exchange.rights.exposed import dialect_of, lack_of, parse_commands

CLEAR = Requirement("Clear-ActiveSyncDevice", ("Identity", "Cancel"))


class Account:
    """A session whose account lacks some cmdlets."""

    def __init__(self, *lacking: str, hosted: bool = False) -> None:
        self.lacking = lacking
        self.hosted = hosted

    def lacks(self, requirements: Iterable[Requirement]) -> dict[Requirement, Lack]:
        return {each: Lack(each.cmdlet) for each in requirements if each.cmdlet in self.lacking}


def commands(*names: str, parameters: object = ("Identity", "Cancel")) -> dict[str, frozenset[str] | None]:
    return parse_commands({"Name": name, "Parameters": parameters} for name in names)


@pytest.mark.parametrize("cmdlet", ["Get-Mailbox", "New-ActiveSyncMailboxPolicy", "Remove-ActiveSyncDevice"])
def test_what_no_worker_calls_is_asked_of_nobody(cmdlet: str) -> None:
    assert report(Account(cmdlet), ["discovery", "policy", "actions"]).passed


@pytest.mark.parametrize(
    ("exposed", "lack"),
    [
        pytest.param(commands("clear-mobiledevice"), None, id="any case"),
        pytest.param(commands("Clear-MobileDevice", parameters={"IDENTITY": 1, "cancel": 2}), None, id="as keys"),
        pytest.param(
            commands("Clear-MobileDevice", parameters=["Identity"]),
            Lack("Clear-MobileDevice", ("Cancel",)),
            id="parameter hidden",
        ),
        pytest.param(commands("Clear-MobileDevice", parameters=None), None, id="parameters not told"),
        pytest.param(commands("Clear-ActiveSyncDevice"), Lack("Clear-MobileDevice"), id="only the name not sent"),
        pytest.param({}, Lack("Clear-MobileDevice"), id="nothing"),
    ],
)  # fmt: skip
def test_what_is_hidden_is_told_by_the_names_that_would_be_sent(
    exposed: dict[str, frozenset[str] | None], lack: Lack | None
) -> None:
    assert lack_of(CLEAR, exposed, "MobileDevice") == lack


def test_an_older_session_needs_the_older_name_only() -> None:
    assert lack_of(CLEAR, commands("Clear-ActiveSyncDevice"), "ActiveSync") is None
    assert lack_of(CLEAR, commands("Clear-MobileDevice"), "ActiveSync") == Lack("Clear-ActiveSyncDevice")


def test_parameters_are_looked_for_under_the_name_of_each_family() -> None:
    wanted = Requirement("Set-ActiveSyncMailboxPolicy", ("DevicePasswordEnabled",))
    newer = commands("Set-MobileDeviceMailboxPolicy", parameters=["PasswordEnabled"])
    older = commands("Set-ActiveSyncMailboxPolicy", parameters=["PasswordEnabled"])

    assert lack_of(wanted, newer, "MobileDevice") is None
    assert lack_of(wanted, older, "ActiveSync") == Lack("Set-ActiveSyncMailboxPolicy", ("DevicePasswordEnabled",))


def test_the_newer_names_are_spoken_where_they_exist() -> None:
    assert dialect_of(commands("Get-MobileDevice", "Get-ActiveSyncDevice")) == "MobileDevice"
    assert dialect_of(commands("Get-ActiveSyncDevice")) == "ActiveSync"


def test_an_account_that_may_only_read_policies_speaks_the_newer_names_too() -> None:
    assert dialect_of(commands("Get-MobileDeviceMailboxPolicy")) == "MobileDevice"
    assert dialect_of(commands("Get-MobileDeviceMailboxPolicy", "Get-ActiveSyncDevice")) == "ActiveSync"


def test_the_table_names_only_known_parameters_and_nothing_twice() -> None:
    for group in REQUIREMENTS.values():
        assert len({each.cmdlet for each in group}) == len(group)
    for each in {each for group in REQUIREMENTS.values() for each in group}:
        assert set(each.parameters) <= table()[each.cmdlet].parameters.keys()


def test_a_report_names_what_is_missing_for_the_features_asked_for() -> None:
    found = report(Account("Clear-ActiveSyncDevice", "Set-ActiveSyncMailboxPolicy"), ["discovery", "actions"])

    assert [each.requirement.cmdlet for each in found.missing] == ["Clear-ActiveSyncDevice"]
    assert found.missing[0].group == "actions"
    assert found.missing[0].role in str(found.missing[0])
    assert not found.passed


def test_a_missing_parameter_is_named_with_the_entry_to_add_it_to() -> None:
    missing = Missing("actions", CLEAR, Lack("Clear-MobileDevice", ("Cancel",)), "User Options")

    assert missing.said == "Clear-MobileDevice lacks Cancel."
    assert missing.remedy == (
        "Add Cancel to the entry Clear-MobileDevice (older name: Clear-ActiveSyncDevice) of the account's role, "
        "or assign one that has it, such as User Options."
    )


def test_a_hosted_exchange_needs_no_servers_and_no_domain_controllers() -> None:
    lacking = ("Get-ExchangeServer", "Set-ADServerSettings")

    assert report(Account(*lacking, hosted=True), ["discovery"]).passed
    assert len(report(Account(*lacking), ["discovery"]).missing) == 2
    assert all("DomainController" not in each.parameters for each in requirements_of("actions", hosted=True))


def test_policy_needs_the_parameters_that_are_written_under_their_older_names() -> None:
    needed = {each.cmdlet: each.parameters for each in requirements_of("policy", settings=["PasswordEnabled"])}

    assert needed["Set-ActiveSyncMailboxPolicy"] == ("Identity", "DomainController", "DevicePasswordEnabled")


@pytest.mark.parametrize(("hosted", "asked"), [(False, False), (True, True)])
def test_a_setting_that_no_exchange_of_that_kind_has_is_asked_of_nobody(hosted: bool, asked: bool) -> None:
    settings = ["AllowApplePushNotifications", "IrmEnabled"]

    needed = {each.cmdlet: each.parameters for each in requirements_of("policy", hosted=hosted, settings=settings)}

    parameters = needed["Set-ActiveSyncMailboxPolicy"]
    assert "IrmEnabled" in parameters
    assert ("AllowApplePushNotifications" in parameters) is asked
