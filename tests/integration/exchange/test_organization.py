"""Owners, policies, settings and servers, read and written as the simulator has them."""

from datetime import timedelta

import pytest

from exconn.exchange import InvalidCommand, ObjectNotFound, Session
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.lists import devices_of, owners_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator


def test_owners_are_joined_to_their_devices_by_distinguished_name(
    simulator: RunningSimulator, session: Session
) -> None:
    """All but deleted mailboxes, which Exchange does not list, and a script's probes, which nobody asks for."""
    kept = {
        each["guid"]
        for each in simulator.partnerships()
        if each["owner_kind"] != "soft_deleted" and not each["user"].startswith("CAS_")
    }
    owners = {owner.distinguished_name: owner for owner in owners_of(session)}
    devices = devices_of(session)

    assert {device.guid for device in devices if device.owner_dn in owners} == kept
    owner = owners[devices[0].owner_dn]
    assert owner.activesync_enabled is True
    assert owner.policy
    assert owner.has_partnership is True
    assert "@" in owner.primary_address
    assert session.mailbox_owner(owner.guid) == owner


def test_an_unknown_mailbox_is_not_found(session: Session) -> None:
    with pytest.raises(ObjectNotFound):
        session.mailbox_owner("11111111-2222-3333-4444-555555555555")


def test_the_organization_is_known_by_the_guid_of_its_settings(session: Session) -> None:
    settings = session.organization_settings()

    assert len(settings.guid) == 36
    assert settings.default_access_level in ("Allow", "Block", "Quarantine")
    assert settings.distinguished_name


def test_servers_have_a_site_a_version_and_roles(session: Session) -> None:
    servers = session.servers()

    assert servers
    assert all(server.fqdn and server.site and server.roles for server in servers)
    assert all(server.version.startswith("Version ") for server in servers)


@pytest.mark.parametrize("version", ["2019", "2010"])
def test_a_policy_is_written_and_read_back_under_the_newer_names(
    tmp_path_factory: pytest.TempPathFactory, version: str
) -> None:
    values = {
        "PasswordEnabled": True,
        "MinPasswordLength": 6,
        "MaxPasswordFailedAttempts": 8,
        "MaxInactivityTimeLock": timedelta(minutes=10),
        "PasswordExpiration": "Unlimited",
        "AllowBluetooth": "HandsfreeOnly",
    }
    with (
        running_simulator(tmp_path_factory.mktemp("policy"), devices=5, version=version) as simulator,
        Session.open(endpoint_of(simulator, "policy")) as session,
    ):
        policy = next(policy for policy in session.mailbox_policies() if policy.is_default)

        session.set_mailbox_policy(policy.identity, values)

        after = next(each for each in session.mailbox_policies() if each.guid == policy.guid)
        (entry,) = [each for each in simulator.oracle("Set-*") if each["cmdlet"].endswith("MailboxPolicy")]

    assert {name: after.values[name] for name in values} == values
    assert ("DevicePasswordEnabled" in entry["parameters"]) is (version == "2010")
    untouched = after.values.keys() - values.keys()
    assert {name: after.values[name] for name in untouched} == {name: policy.values[name] for name in untouched}


def test_a_policy_value_out_of_range_never_leaves(simulator: RunningSimulator) -> None:
    with Session.open(endpoint_of(simulator, "policy")) as session:
        before = session.mailbox_policies()
        with pytest.raises(InvalidCommand):
            session.set_mailbox_policy(before[0].identity, {"MinPasswordLength": 4, "MaxPasswordFailedAttempts": 2})

        assert session.mailbox_policies() == before
