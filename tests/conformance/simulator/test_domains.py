"""A forest of three domains: who sees what, and which domain controller says so."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.simulator import ControlRefused, RunningSimulator, running_simulator

DEVICES = 120
#: With those of the mailboxes that servers are tested with.
ALL = 1000
ROOT, CHILD, TREE = "corp.example", "south.corp.example", "works.example"
CATALOG = f"dc1.{ROOT}"


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path_factory.mktemp("forest"), devices=DEVICES, estate="real") as simulator:
        yield simulator


@pytest.fixture
def local(forest: RunningSimulator) -> Iterator[PypsrpSession]:
    """A session as it is opened: it has not asked for the entire forest."""
    with contextlib.ExitStack() as stack:
        yield Sessions(forest, stack).open("actions")


@pytest.fixture
def session(local: PypsrpSession) -> PypsrpSession:
    """A session that views the entire forest."""
    local.run("Set-ADServerSettings", ViewEntireForest=True)
    return local


def phone_in(forest: RunningSimulator, domain: str) -> dict[str, Any]:
    """A plain phone of that domain."""
    return next(each for each in forest.devices(limit=ALL) if each["domain"] == domain)


def dn(record: dict[str, Any]) -> str:
    return str(record["DistinguishedName"])


def test_without_the_entire_forest_only_the_domain_of_the_servers_is_seen(
    forest: RunningSimulator, local: PypsrpSession
) -> None:
    own = {each["guid"] for each in forest.devices(limit=ALL) if each["domain"] == ROOT}

    seen = local.run("Get-MobileDevice", ResultSize="Unlimited").records
    owners = local.run("Get-CASMailbox", ResultSize="Unlimited").records
    (missing,) = local.run("Get-MobileDevice", Identity=phone_in(forest, CHILD)["guid"]).errors

    assert {str(each["Guid"]) for each in seen} == own
    assert 0 < len(own) < DEVICES // 2
    assert owners
    assert all(dn(each).endswith(",DC=corp,DC=example") and "DC=south" not in dn(each) for each in owners)
    assert f"couldn't be found on '{CATALOG}'" in str(missing)


def test_the_entire_forest_has_all_devices_and_the_catalog_names_itself(
    forest: RunningSimulator, session: PypsrpSession
) -> None:
    seen = session.run("Get-MobileDevice", ResultSize="Unlimited").records
    owners = session.run("Get-CASMailbox", ResultSize="Unlimited").records

    assert {str(each["Guid"]) for each in seen} == {each["guid"] for each in forest.devices(limit=ALL)}
    assert {each["domain"] for each in forest.devices(limit=ALL)} == {ROOT, CHILD, TREE}
    assert {str(each["OriginatingServer"]) for each in (*seen, *owners)} == {CATALOG}
    assert any("DC=south,DC=corp" in dn(each) for each in owners)


@pytest.mark.parametrize(("names", "root", "child"), [("holder", CATALOG, f"dc1.{CHILD}"), ("nothing", "", "")])
def test_a_catalog_names_who_holds_the_object_or_nobody_where_that_is_believed(
    forest: RunningSimulator, session: PypsrpSession, names: str, root: str, child: str
) -> None:
    def named(cmdlet: str, domain: str, **parameters: object) -> str:
        identity = phone_in(forest, domain)["user" if cmdlet == "Get-CASMailbox" else "guid"]
        (record,) = session.run(cmdlet, Identity=identity, **parameters).records
        return str(record["OriginatingServer"] or "")

    forest.control("POST", "/beliefs", {"catalog_names": names})
    try:
        by_catalog = [(named(cmdlet, ROOT), named(cmdlet, CHILD)) for cmdlet in ("Get-MobileDevice", "Get-CASMailbox")]
        by_asked = named("Get-MobileDevice", CHILD, DomainController=f"dc2.{CHILD}")
        fresh = named("Get-CASMailbox", CHILD, ReadFromDomainController=True)
    finally:
        forest.control("DELETE", "/beliefs")

    assert by_catalog == [(root, child)] * 2
    assert (by_asked, fresh) == (f"dc2.{CHILD}", f"dc1.{CHILD}")
    assert named("Get-MobileDevice", CHILD) == CATALOG


@pytest.mark.parametrize("cmdlet", ["Get-MobileDevice", "Get-MobileDeviceStatistics"])
def test_a_domain_controller_does_not_hold_the_objects_of_another_domain(
    forest: RunningSimulator, session: PypsrpSession, cmdlet: str
) -> None:
    guid = phone_in(forest, CHILD)["guid"]

    refused = session.run(cmdlet, Identity=guid, DomainController=CATALOG)
    found = session.run(cmdlet, Identity=guid, DomainController=f"dc2.{CHILD}")

    (error,) = refused.errors
    assert refused.records == []
    assert f"object '{guid}' couldn't be found on '{CATALOG}'" in str(error)
    assert [str(each["Guid"]) for each in found.records] == [guid]


def test_a_wipe_goes_to_a_domain_controller_of_the_phones_domain_or_to_none_by_name(
    forest: RunningSimulator, session: PypsrpSession
) -> None:
    guid = phone_in(forest, TREE)["guid"]
    forest.phone(guid, "offline")

    refused = session.run("Clear-MobileDevice", Identity=guid, Confirm=False, DomainController=f"dc1.{CHILD}")
    before = forest.device(guid)["wipe"]["requested"]
    taken = session.run("Clear-MobileDevice", Identity=guid, Confirm=False)

    assert "couldn't be found" in str(refused.errors[0])
    assert before is None
    assert taken.errors == []
    assert forest.device(guid)["wipe"]["requested"]


def test_lists_of_a_mailbox_are_changed_in_its_own_domain(forest: RunningSimulator, session: PypsrpSession) -> None:
    user = phone_in(forest, CHILD)["user"]

    refused = session.run(
        "Set-CASMailbox", Identity=user, ActiveSyncBlockedDeviceIDs=["X1"], DomainController=f"dc1.{TREE}"
    )
    blocked = forest.control("GET", f"/mailboxes/{user}")["blocked"]
    session.run("Set-CASMailbox", Identity=user, ActiveSyncBlockedDeviceIDs=["X1"])

    assert "couldn't be found" in str(refused.errors[0])
    assert "X1" not in blocked
    assert forest.control("GET", f"/mailboxes/{user}")["blocked"] == ["X1"]


def test_fresh_data_of_a_mailbox_come_from_a_domain_controller_of_its_domain(
    forest: RunningSimulator, session: PypsrpSession
) -> None:
    user = phone_in(forest, CHILD)["user"]

    (fresh,) = session.run("Get-CASMailbox", Identity=user, ReadFromDomainController=True).records
    listed = session.run("Get-CASMailbox", ResultSize="Unlimited", ReadFromDomainController=True).records

    assert str(fresh["OriginatingServer"]) == f"dc1.{CHILD}"
    assert {str(each["OriginatingServer"]) for each in listed} == {f"dc1.{name}" for name in (ROOT, CHILD, TREE)}


def test_a_catalog_learns_late_what_was_changed_in_another_domain(
    forest: RunningSimulator, session: PypsrpSession
) -> None:
    user = phone_in(forest, CHILD)["user"]
    forest.control("POST", "/directory", {"delay_seconds": 3600})
    try:
        session.run("Set-CASMailbox", Identity=user, ActiveSyncBlockedDeviceIDs=["LATE"])

        def blocked(**where: object) -> bool:
            (mailbox,) = session.run("Get-CASMailbox", Identity=user, **where).records
            return "LATE" in str(mailbox["ActiveSyncBlockedDeviceIDs"].property_sets)

        assert not blocked()
        assert blocked(ReadFromDomainController=True)
        assert blocked(DomainController=f"dc1.{CHILD}")
    finally:
        forest.control("POST", "/directory", {"delay_seconds": 0})


def test_policies_are_on_every_domain_controller(session: PypsrpSession) -> None:
    for controller in (CATALOG, f"dc1.{CHILD}", f"dc2.{TREE}"):
        assert session.run("Get-MobileDeviceMailboxPolicy", DomainController=controller).records


def test_any_domain_controller_of_the_forest_can_be_the_catalog(
    forest: RunningSimulator, session: PypsrpSession
) -> None:
    forest.control("POST", "/directory", {"answering": f"dc2.{TREE}"})
    try:
        seen = session.run("Get-MobileDevice", ResultSize="Unlimited").records

        assert len(seen) == len(forest.devices(limit=ALL))
        assert {str(each["OriginatingServer"]) for each in seen} == {f"dc2.{TREE}"}
        with pytest.raises(ControlRefused, match=f"dc1.{CHILD}"):
            forest.control("POST", "/directory", {"answering": "dc1.nowhere.example"})
    finally:
        forest.control("POST", "/directory", {"answering": CATALOG})
