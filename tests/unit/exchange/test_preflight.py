"""What an account lacks is looked up by cmdlet and parameter, in either family of names."""

from collections.abc import Iterable

import pytest

from exconn.exchange import REQUIREMENTS, Requirement, report
from exconn.exchange.cmdlets import table
from exconn.exchange.exposed import dialect_of, is_met, parse_commands

CLEAR = Requirement("Clear-ActiveSyncDevice", ("Identity", "Cancel"))


class Account:
    """A session whose account lacks some cmdlets."""

    def __init__(self, *lacking: str, hosted: bool = False) -> None:
        self.lacking = lacking
        self.hosted = hosted

    def missing(self, requirements: Iterable[Requirement]) -> list[Requirement]:
        return [each for each in requirements if each.cmdlet in self.lacking]


def commands(*names: str, parameters: object = ("Identity", "Cancel")) -> dict[str, frozenset[str] | None]:
    return parse_commands({"Name": name, "Parameters": parameters} for name in names)


@pytest.mark.parametrize(
    ("exposed", "met"),
    [
        pytest.param(commands("Clear-ActiveSyncDevice"), True, id="older"),
        pytest.param(commands("clear-mobiledevice"), True, id="newer, any case"),
        pytest.param(commands("Clear-MobileDevice", parameters={"IDENTITY": 1, "cancel": 2}), True, id="as keys"),
        pytest.param(commands("Clear-MobileDevice", parameters=["Identity"]), False, id="parameter hidden"),
        pytest.param(commands("Clear-MobileDevice", parameters=None), True, id="parameters not told"),
        pytest.param(commands("Get-MobileDevice"), False, id="cmdlet hidden"),
        pytest.param({}, False, id="nothing"),
    ],
)  # fmt: skip
def test_a_requirement_is_met_by_either_family(exposed: dict[str, frozenset[str] | None], met: bool) -> None:
    assert is_met(CLEAR, exposed) is met


def test_parameters_are_looked_for_under_the_name_of_each_family() -> None:
    wanted = Requirement("Set-ActiveSyncMailboxPolicy", ("DevicePasswordEnabled",))

    assert is_met(wanted, commands("Set-MobileDeviceMailboxPolicy", parameters=["PasswordEnabled"]))
    assert not is_met(wanted, commands("Set-ActiveSyncMailboxPolicy", parameters=["PasswordEnabled"]))


def test_the_newer_names_are_spoken_where_they_exist() -> None:
    assert dialect_of(commands("Get-MobileDevice", "Get-ActiveSyncDevice")) == "MobileDevice"
    assert dialect_of(commands("Get-ActiveSyncDevice")) == "ActiveSync"


def test_the_features_need_the_cmdlets_of_the_connectors_account_and_only_known_parameters() -> None:
    needed = {each for group in REQUIREMENTS.values() for each in group}

    assert len({each.cmdlet for each in needed}) == 19
    for each in needed:
        assert set(each.parameters) <= table()[each.cmdlet].parameters.keys()


def test_a_report_names_what_is_missing_for_the_features_asked_for() -> None:
    found = report(Account("Clear-ActiveSyncDevice", "New-ActiveSyncDeviceAccessRule"), ["discovery", "actions"])

    assert [each.requirement.cmdlet for each in found.missing] == ["Clear-ActiveSyncDevice"]
    assert found.missing[0].feature == "actions"
    assert found.missing[0].role in str(found.missing[0])
    assert not found.passed


def test_a_hosted_exchange_needs_no_servers() -> None:
    lacking = ("Get-ExchangeServer", "Set-ADServerSettings")

    assert report(Account(*lacking, hosted=True), ["discovery"]).passed
    assert len(report(Account(*lacking), ["discovery"]).missing) == 2
