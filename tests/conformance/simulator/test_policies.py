"""Mailbox policies and organization settings through both families of cmdlets."""

from typing import Any

import pytest

from tests.conformance.simulator.sessions import PypsrpSession, Sessions

NEW, OLD = "MobileDeviceMailboxPolicy", "ActiveSyncMailboxPolicy"


@pytest.fixture
def session(sessions: Sessions) -> PypsrpSession:
    return sessions.governing()


def policy(session: PypsrpSession, family: str = NEW, name: str = "Default") -> dict[str, Any]:
    (record,) = session.run(f"Get-{family}", Identity=name).records
    return record


def test_what_is_named_is_stored_and_the_rest_is_kept(session: PypsrpSession) -> None:
    before = policy(session)
    assert session.run(f"Set-{NEW}", Identity="Default", MinPasswordLength=9).errors == []
    after = policy(session)
    changed = {name for name in before if str(before[name]) != str(after[name])}
    assert changed == {"MinPasswordLength", "WhenChanged", "WhenChangedUTC"}
    assert after["MinPasswordLength"] == 9


def test_both_families_write_the_same_policy(session: PypsrpSession) -> None:
    session.run(f"Set-{OLD}", Identity="Default", MaxInactivityTimeDeviceLock="00:07:00", DevicePasswordHistory=3)
    assert (str(policy(session)["MaxInactivityTimeLock"]), policy(session)["PasswordHistory"]) == ("00:07:00", 3)
    assert str(policy(session, OLD)["MaxInactivityTimeDeviceLock"]) == "00:07:00"


def test_value_out_of_range_changes_nothing(session: PypsrpSession) -> None:
    outcome = session.run(f"Set-{NEW}", Identity="Default", MinPasswordLength=5, MaxPasswordFailedAttempts=99)
    assert len(outcome.errors) == 1
    assert policy(session)["MinPasswordLength"] == 4


def test_new_default_policy_takes_that_from_the_old_one(session: PypsrpSession) -> None:
    session.run(f"New-{NEW}", Name="Strict", IsDefault=True, PasswordEnabled=True)
    records = session.run(f"Get-{NEW}").records
    assert {r["Name"]: r["IsDefault"] for r in records} == {"Default": False, "Executives": False, "Strict": True}
    again = session.run(f"New-{NEW}", Name="strict")
    assert "already exists" in str(again.errors[0])


def test_mailbox_takes_a_policy_and_null_returns_it_to_the_default(session: PypsrpSession) -> None:
    (mailbox, *_) = session.run("Get-CASMailbox", ResultSize=1).records
    guid = str(mailbox["Guid"])

    def state() -> tuple[str, bool]:
        (record,) = session.run("Get-CASMailbox", Identity=guid).records
        return str(record["ActiveSyncMailboxPolicy"]), record["ActiveSyncMailboxPolicyIsDefaulted"]

    assert state() == ("Default", True)
    session.run("Set-CASMailbox", Identity=guid, ActiveSyncMailboxPolicy="Executives")
    assert state() == ("Executives", False)
    session.run("Set-CASMailbox", Identity=guid, ActiveSyncMailboxPolicy="Default")
    assert state() == ("Default", False)
    session.run("Set-CASMailbox", Identity=guid, ActiveSyncMailboxPolicy=None)
    assert state() == ("Default", True)


def test_unknown_policy_is_not_assigned(session: PypsrpSession) -> None:
    (mailbox, *_) = session.run("Get-CASMailbox", ResultSize=1).records
    outcome = session.run("Set-CASMailbox", Identity=str(mailbox["Guid"]), ActiveSyncMailboxPolicy="Nobody's")
    assert "couldn't be found" in str(outcome.errors[0])


def test_organization_settings_are_stored(session: PypsrpSession) -> None:
    session.run(
        "Set-ActiveSyncOrganizationSettings",
        DefaultAccessLevel="Quarantine",
        AdminMailRecipients={"Add": ["it@corp.example"]},
    )
    (record,) = session.run("Get-ActiveSyncOrganizationSettings").records
    assert str(record["DefaultAccessLevel"]) == "Quarantine"
    assert "it@corp.example" in record["AdminMailRecipients"].property_sets[0]


def test_access_rules_come_and_go(session: PypsrpSession) -> None:
    created = session.run(
        "New-ActiveSyncDeviceAccessRule", QueryString="iPhone", Characteristic="DeviceType", AccessLevel="Block"
    )
    (rule,) = created.records
    states = {
        str(r["DeviceAccessState"]) for r in session.run("Get-MobileDevice").records if r["DeviceType"] == "iPhone"
    }
    assert "Blocked" in states
    session.run("Set-ActiveSyncDeviceAccessRule", Identity=str(rule["Guid"]), AccessLevel="Allow")
    session.run("Remove-ActiveSyncDeviceAccessRule", Identity=rule["Name"], Confirm=False)
    assert len(session.run("Get-ActiveSyncDeviceAccessRule").output) == 1


def test_thresholds_have_time_spans(session: PypsrpSession) -> None:
    session.run("Set-ActiveSyncDeviceAutoblockThreshold", Identity="Watsons", DeviceBlockDuration="1.02:00:00")
    (record,) = session.run("Get-ActiveSyncDeviceAutoblockThreshold", Identity="Watsons").records
    span = record["DeviceBlockDuration"]
    assert (str(span), span.adapted_properties["TotalHours"]) == ("1.02:00:00", 26)
    assert len(session.run("Get-ActiveSyncDeviceAutoblockThreshold").output) == 7


def test_default_policy_of_the_start_drifts_from_a_strict_password_group(session: PypsrpSession) -> None:
    values = policy(session)
    assert (values["PasswordEnabled"], values["AllowSimplePassword"], values["PasswordHistory"]) == (False, True, 0)
