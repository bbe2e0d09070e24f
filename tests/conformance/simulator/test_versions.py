"""Five versions, each with its families of cmdlets, its parameters, and what its objects show."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.simulator import running_simulator

VERSIONS = ("2010", "2013", "2016", "2019", "SE")
BUILDS = {"2010": "14.3", "2013": "15.0", "2016": "15.1", "2019": "15.2", "SE": "15.2"}
NEWER = ("Get-MobileDevice", "Get-MobileDeviceStatistics", "Clear-MobileDevice", "Get-MobileDeviceMailboxPolicy")
OLDER = (
    "Get-ActiveSyncDevice",
    "Get-ActiveSyncDeviceStatistics",
    "Clear-ActiveSyncDevice",
    "Get-ActiveSyncMailboxPolicy",
)


@pytest.fixture(scope="module", params=VERSIONS)
def opened(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[str, PypsrpSession]]:
    """A version, and a session with it."""
    version = str(request.param)
    with running_simulator(tmp_path_factory.mktemp("version"), version=version) as simulator, ExitStack() as stack:
        yield version, Sessions(simulator, stack).open()


def names(session: PypsrpSession, pattern: str) -> set[str]:
    return {str(o.extended_properties["Name"]) for o in session.run("Get-Command", Name=pattern).output}


def test_families_of_cmdlets_are_those_of_the_version(opened: tuple[str, PypsrpSession]) -> None:
    version, session = opened
    shown = names(session, "*")
    assert set(OLDER) <= shown
    assert (set(NEWER) <= shown, bool(set(NEWER) & shown)) == (version != "2010", version != "2010")
    assert ("Get-ClientAccessService" in shown) is (version in ("2016", "2019", "SE"))
    assert "Get-EXOMobileDeviceStatistics" not in shown


def test_parameters_are_those_of_the_version(opened: tuple[str, PypsrpSession]) -> None:
    version, session = opened
    since_2016 = version in ("2016", "2019", "SE")
    cmdlet = "Clear-ActiveSyncDevice" if version == "2010" else "Clear-MobileDevice"
    (command,) = session.run("Get-Command", Name=cmdlet).output
    assert ("AccountOnly" in command.extended_properties["Parameters"]) is (since_2016 and version != "2010")


def test_objects_show_what_the_version_has(opened: tuple[str, PypsrpSession]) -> None:
    version, session = opened
    device = session.run("Get-ActiveSyncDevice", ResultSize=1).records[0]
    (statistics,) = session.run("Get-ActiveSyncDeviceStatistics", Identity=str(device["Guid"])).records
    mailbox = session.run("Get-CASMailbox", ResultSize=1).records[0]
    policy = session.run("Get-ActiveSyncMailboxPolicy").records[0]

    assert [n in device for n in ("ClientType", "ClientVersion")] == [version != "2010"] * 2
    assert ("ClientType" in statistics) is (version != "2010")
    assert ("AccountOnlyDeviceWipeRequestTime" in statistics) is (version in ("2016", "2019", "SE"))
    assert ("OWAforDevicesEnabled" in mailbox) is (version != "2010")
    assert "IsDefaultPolicy" in policy
    assert ("IsDefault" in policy) is (version != "2010")
    assert {"DeviceActiveSyncVersion", "DeviceAccessState", "FirstSyncTime"} <= set(device)


def test_servers_say_which_version_they_are(opened: tuple[str, PypsrpSession]) -> None:
    version, session = opened
    server = session.run("Get-ExchangeServer").records[0]
    assert str(server["AdminDisplayVersion"]).startswith(f"Version {BUILDS[version]} ")
    assert ("ClientAccess" in str(server["ServerRole"])) is (version in ("2010", "2013"))
