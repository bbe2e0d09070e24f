"""What an organization that has grown for years shows, and one that is out to hurt: the same for the same seed."""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.simulator import ControlRefused, RunningSimulator, running_simulator

DEVICES = 320
LISTS = ("Get-MobileDevice", "Get-CASMailbox", "Get-Mailbox", "Get-User", "Get-Recipient")
PROBES = ("HealthMailbox", "CAS_{", "extest_")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path_factory.mktemp("real"), devices=DEVICES, estate="real") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def session(real: RunningSimulator) -> Iterator[PypsrpSession]:
    with contextlib.ExitStack() as stack:
        opened = Sessions(real, stack).open("actions")
        opened.run("Set-ADServerSettings", ViewEntireForest=True)
        yield opened


def listed(session: PypsrpSession, cmdlet: str = "Get-MobileDevice") -> list[dict[str, Any]]:
    return session.run(cmdlet, ResultSize="Unlimited").records


def of_people(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what belongs to the mailboxes that servers are tested with."""
    return [each for each in records if not any(probe in str(each["DistinguishedName"]) for probe in PROBES)]


@pytest.mark.parametrize("estate", ["tidy", "real", "hostile"])
def test_the_estate_is_told_and_has_as_many_readable_partnerships_as_were_asked_for(
    tmp_path: Path, estate: str
) -> None:
    with running_simulator(tmp_path, devices=40, estate=estate) as simulator:
        description = json.loads((simulator.state_dir / "simulator.json").read_text("utf-8"))
        organization = simulator.control("GET", "/organization")
        simulator.control("POST", "/reset", {"seed": 3})

        assert description["estate"] == organization["estate"] == estate
        assert organization["devices"] == 40
        assert simulator.control("GET", "/organization")["devices"] == 40
        assert simulator.control("GET", "/organization")["estate"] == estate


@pytest.mark.parametrize("cmdlet", LISTS)
def test_every_list_has_an_error_record_beside_its_objects(session: PypsrpSession, cmdlet: str) -> None:
    found = session.run(cmdlet, ResultSize="Unlimited")

    assert len(found.errors) == 1
    assert len(found.records) > 100
    assert any("has been corrupted, and it's in an inconsistent state" in warning for warning in found.warnings)


def test_all_partnerships_are_listed_beside_the_error(session: PypsrpSession) -> None:
    assert len(of_people(listed(session))) == DEVICES


def test_statistics_of_some_mailboxes_come_with_an_error_record(real: RunningSimulator, session: PypsrpSession) -> None:
    users = dict.fromkeys(each["user"] for each in real.devices(limit=60) if each["owner_kind"] == "user")

    found = [session.run("Get-MobileDeviceStatistics", Mailbox=user) for user in users]

    assert {len(each.errors) for each in found} == {0, 1}
    assert all(each.records for each in found)


def test_conflict_objects_are_found_by_guid_name_and_distinguished_name(session: PypsrpSession) -> None:
    conflicts = [each for each in listed(session) if "CNF:" in str(each["Name"])]

    assert conflicts
    for each in conflicts:
        guid = str(each["Guid"])
        assert str(each["Name"]).endswith(f"\nCNF:{guid}")
        assert f"\\0ACNF:{guid}," in str(each["DistinguishedName"])
        for identity in (guid, str(each["DistinguishedName"]), str(each["Identity"])):
            assert [str(r["Guid"]) for r in session.run("Get-MobileDevice", Identity=identity).records] == [guid]


def test_some_devices_have_no_device_id_in_the_directory_and_have_one_in_their_mailbox(session: PypsrpSession) -> None:
    without = [each for each in listed(session) if each["DeviceId"] is None]

    assert 0 < len(without) < 20
    (statistics,) = session.run("Get-MobileDeviceStatistics", Identity=str(without[0]["Guid"])).records
    assert statistics["DeviceId"]


def test_owners_are_of_every_kind(real: RunningSimulator, session: PypsrpSession) -> None:
    kinds = Counter(str(each["RecipientTypeDetails"]) for each in listed(session, "Get-Mailbox"))
    owners = {each["owner_kind"]: each for each in real.devices(limit=DEVICES)}

    assert {"UserMailbox", "LinkedMailbox", "SharedMailbox"} <= kinds.keys()
    assert owners.keys() == {"user", "linked", "shared", "disabled", "soft_deleted"}
    assert [owners[kind]["online"] for kind in ("shared", "disabled", "soft_deleted")] == [False] * 3
    assert session.run("Get-CASMailbox", Identity=owners["soft_deleted"]["user"]).errors


def test_mailboxes_of_probes_are_named_as_scripts_name_them(session: PypsrpSession) -> None:
    shown = [str(each["DisplayName"]) for each in listed(session, "Get-CASMailbox")]
    people = session.run(
        "Get-CASMailbox",
        ResultSize="Unlimited",
        Filter="HasActiveSyncDevicePartnership -eq $true -and -not DisplayName -like 'CAS_{*'",
    ).records

    assert all(any(name.startswith(probe) for name in shown) for probe in PROBES)
    assert not any(str(each["DisplayName"]).startswith("CAS_{") for each in people)
    assert len(listed(session)) == DEVICES + 4


def test_clients_of_every_kind_are_there(session: PypsrpSession) -> None:
    clients = {(str(each["DeviceType"]), str(each["ClientType"])) for each in listed(session)}

    assert {("Outlook", "EAS"), ("OutlookService", "EAS"), ("Outlook", "REST"), ("iPhone", "EAS")} <= clients


def test_the_same_seed_has_the_same_oddities(real: RunningSimulator, session: PypsrpSession, tmp_path: Path) -> None:
    def described(opened: PypsrpSession) -> list[tuple[str, str, str | None]]:
        return [(str(each["Guid"]), str(each["Name"]), each["DeviceId"]) for each in listed(opened)]

    with running_simulator(tmp_path, devices=DEVICES, estate="real") as again, contextlib.ExitStack() as stack:
        opened = Sessions(again, stack).open("actions")
        opened.run("Set-ADServerSettings", ViewEntireForest=True)

        assert described(opened) == described(session)


def test_a_cmdlet_takes_as_long_as_it_is_said_to(real: RunningSimulator, session: PypsrpSession) -> None:
    def seconds(**parameters: object) -> float:
        begin = time.monotonic()
        session.run("Get-CASMailbox", **parameters)
        return time.monotonic() - begin

    user = real.devices(limit=1)[0]["user"]
    assert real.control("GET", "/costs") == {"Get-CASMailbox": {"seconds": 1.0, "unfiltered": True}}
    real.control("POST", "/costs", {"get-casmailbox": {"seconds": 3, "unfiltered": True}})
    try:
        assert seconds(ResultSize=1) >= 3
        assert seconds(Identity=user) < 3
        with pytest.raises(ControlRefused, match="unfiltered"):
            real.control("POST", "/costs", {"Get-CASMailbox": {"seconds": -1}})
    finally:
        real.control("DELETE", "/costs")


def test_a_tidy_estate_has_none_of_it(tmp_path: Path) -> None:
    with running_simulator(tmp_path, devices=DEVICES, estate="tidy") as simulator, contextlib.ExitStack() as stack:
        opened = Sessions(simulator, stack).open("actions")
        found = [opened.run(cmdlet, ResultSize="Unlimited") for cmdlet in LISTS]

        assert all(each.errors == [] and each.warnings == [] for each in found)
        assert len({str(each["DeviceId"]) for each in found[0].records}) == DEVICES
        assert not any("CNF:" in str(each["Name"]) for each in found[0].records)
        assert {str(each["RecipientTypeDetails"]) for each in found[2].records} == {"UserMailbox"}
        assert simulator.control("GET", "/organization")["domains"] == ["corp.example"]
