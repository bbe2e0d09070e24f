"""Mailboxes as administrators know them: kinds, moves, upgrades, monitoring, and what becomes of their phones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.simulator import ControlRefused, RunningSimulator
from tests.support.machine.processes import wait_until

SOON = timedelta(seconds=15)


def phone_of_somebody(simulator: RunningSimulator) -> dict[str, Any]:
    """A phone in use, allowed by the default level, the only one of its owner."""
    devices = simulator.devices()
    owners = [d["user"] for d in devices]
    return next(
        d
        for d in devices
        if d["online"] and (d["state"], d["state_reason"]) == ("Allowed", "Global") and owners.count(d["user"]) == 1
    )


def state(session: PypsrpSession, guid: str) -> tuple[str, str]:
    (record,) = session.run("Get-MobileDevice", Identity=guid).records
    return str(record["DeviceAccessState"]), str(record["DeviceAccessStateReason"])


def mailbox(simulator: RunningSimulator, user: str, order: str, **body: object) -> dict[str, Any]:
    return simulator.control("POST", f"/mailboxes/{user}/{order}", body)


def test_new_phone_is_in_discovery_until_it_has_told_what_it_is(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, user = sessions.open(), phone_of_somebody(simulator)["user"]
    simulator.control("POST", "/phones/speed", {"sync_seconds": 3600})
    added = simulator.control("POST", "/phones", {"user": user, "device_type": "WP8"})
    assert state(session, added["guid"]) == ("DeviceDiscovery", "Global")

    simulator.phone(added["guid"], "sync")

    assert state(session, added["guid"]) == ("Quarantined", "DeviceRule")


def test_personal_list_decides_already_in_discovery(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, user = sessions.open(), phone_of_somebody(simulator)["user"]
    simulator.control("POST", "/phones/speed", {"sync_seconds": 3600})
    added = simulator.control("POST", "/phones", {"user": user})
    session.run("Set-CASMailbox", Identity=user, ActiveSyncAllowedDeviceIDs={"Add": added["device_id"]})
    assert state(session, added["guid"]) == ("Allowed", "Individual")


def test_phone_that_can_not_enforce_the_policy_is_blocked_before_any_list(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open("policy"), phone_of_somebody(simulator)
    simulator.phone(phone["guid"], "ignore_policy")
    actions = sessions.open()
    actions.run("Set-CASMailbox", Identity=phone["user"], ActiveSyncAllowedDeviceIDs=[phone["device_id"]])
    assert state(session, phone["guid"]) == ("Allowed", "Individual")

    session.run("Set-MobileDeviceMailboxPolicy", Identity="Default", AllowNonProvisionableDevices=False)
    assert state(session, phone["guid"]) == ("Blocked", "Policy")
    simulator.phone(phone["guid"], "obey_policy")
    assert state(session, phone["guid"]) == ("Allowed", "Individual")


def test_mailbox_from_an_older_version_shows_its_phones_as_upgraded_until_they_call(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open(), phone_of_somebody(simulator)
    simulator.control("POST", "/phones/speed", {"sync_seconds": 3600})
    mailbox(simulator, phone["user"], "upgrade")
    assert state(session, phone["guid"]) == ("Allowed", "Upgrade")
    simulator.phone(phone["guid"], "sync")
    assert state(session, phone["guid"]) == ("Allowed", "Global")


def test_wipe_waits_while_active_sync_is_off(sessions: Sessions, simulator: RunningSimulator) -> None:
    simulator.control("POST", "/roles/actions", {"also": ["Set-CASMailbox -ActiveSyncEnabled"]})
    session, phone = sessions.open(), phone_of_somebody(simulator)
    session.run("Set-CASMailbox", Identity=phone["user"], ActiveSyncEnabled=False)
    session.run("Clear-MobileDevice", Identity=phone["guid"], Confirm=False)
    simulator.phone(phone["guid"], "sync")
    assert simulator.device(phone["guid"])["wipe"]["sent"] is None
    assert not simulator.device(phone["guid"])["online"]

    session.run("Set-CASMailbox", Identity=phone["user"], ActiveSyncEnabled=True)

    simulator.wait_for_device(phone["guid"], "the acknowledgement", SOON, status="DeviceWipeSucceeded")
    simulator.control("DELETE", "/roles")


def test_wipe_waits_while_the_account_can_not_log_on(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, phone = sessions.open(), phone_of_somebody(simulator)
    mailbox(simulator, phone["user"], "kind", kind="disabled")
    session.run("Clear-MobileDevice", Identity=phone["guid"], Confirm=False)
    simulator.phone(phone["guid"], "sync")
    assert simulator.device(phone["guid"])["wipe"]["sent"] is None

    mailbox(simulator, phone["user"], "kind", kind="user")

    simulator.wait_for_device(phone["guid"], "the acknowledgement", SOON, status="DeviceWipeSucceeded")


def test_wipe_of_outlook_resets_it_on_every_device_of_its_user(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, phone = sessions.open(), phone_of_somebody(simulator)
    outlooks = [
        simulator.control("POST", "/phones", {"user": phone["user"], "device_type": "Outlook"}) for _ in range(2)
    ]

    session.run("Clear-MobileDevice", Identity=outlooks[0]["guid"], Confirm=False)

    for outlook in outlooks:
        simulator.phone(outlook["guid"], "sync")
        wiped = simulator.device(outlook["guid"])
        assert (wiped["status"], wiped["wipe"]["sent"] is not None) == ("DeviceWipePending", True)
    assert simulator.device(phone["guid"])["wipe"]["requested"] is None


def test_phone_that_refuses_a_wipe_has_answered_with_failure(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, phone = sessions.open(), phone_of_somebody(simulator)
    simulator.phone(phone["guid"], "refuse_wipe")
    session.run("Clear-MobileDevice", Identity=phone["guid"], Confirm=False)
    simulator.phone(phone["guid"], "sync")
    device = simulator.device(phone["guid"])
    assert device["wipe_failed"] is not None
    assert (device["status"], device["wipe"]["acknowledged"]) == ("DeviceWipePending", None)


def test_removed_partnership_stays_on_the_personal_lists_and_comes_back_allowed(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session = sessions.open()
    phone = next(d for d in simulator.devices() if (d["state"], d["state_reason"]) == ("Blocked", "Individual"))
    session.run("Remove-MobileDevice", Identity=phone["guid"], Confirm=False)
    assert simulator.control("GET", f"/mailboxes/{phone['user']}")["blocked"] == [phone["device_id"]]

    other = phone_of_somebody(simulator)
    session.run("Set-CASMailbox", Identity=other["user"], ActiveSyncAllowedDeviceIDs=[other["device_id"]])
    (again,) = simulator.phone(other["guid"], "enrol", form="new_object")
    assert (again["state"], again["state_reason"]) == ("Allowed", "Individual")


def test_idle_partnerships_can_be_cleaned_up_by_the_server(sessions: Sessions, simulator: RunningSimulator) -> None:
    since = datetime.now(UTC) - timedelta(days=10)
    silent = [d for d in simulator.partnerships() if datetime.fromisoformat(d["last_sync"]) < since]
    idle = [d["guid"] for d in silent]
    assert not any(d["online"] for d in silent)
    removed = simulator.control("POST", "/cleanup", {"idle_days": 10})["guids"]
    assert removed == idle != []
    (error,) = sessions.open().run("Get-MobileDevice", Identity=idle[0]).errors
    assert "couldn't be found" in str(error)


def test_mailbox_that_moves_to_another_database_keeps_everything(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open(), phone_of_somebody(simulator)
    before = mailbox(simulator, phone["user"], "move", database="Mailbox Database 02")
    (record,) = session.run("Get-Mailbox", Identity=phone["user"]).records
    assert (record["Database"], str(record["ExchangeGuid"])) == ("Mailbox Database 02", before["mailbox_guid"])
    assert state(session, phone["guid"]) == ("Allowed", "Global")
    assert len(session.run("Get-Mailbox", Database="Mailbox Database 02").output) == 1


def test_mailbox_that_moves_to_another_organization_comes_back_with_new_guids(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open(), phone_of_somebody(simulator)
    before = simulator.control("GET", f"/mailboxes/{phone['user']}")
    partnerships = simulator.partnership_count()

    assert mailbox(simulator, phone["user"], "leave")["guids"] == [phone["guid"]]
    for cmdlet, identity in (("Get-MobileDevice", phone["guid"]), ("Get-CASMailbox", phone["user"])):
        assert session.run(cmdlet, Identity=identity).errors != []
    assert len(session.run("Get-MobileDevice").output) == partnerships - 1

    arrived = mailbox(simulator, phone["user"], "arrive")
    (guid,) = arrived["guids"]
    (record,) = session.run("Get-MobileDevice", Mailbox=phone["user"]).records
    assert str(record["Guid"]) == guid != phone["guid"]
    assert record["DeviceId"] == phone["device_id"]
    assert arrived["mailbox_guid"] != before["mailbox_guid"]
    assert session.run("Get-CASMailbox", Identity=before["guid"]).errors != []
    assert session.run("Get-CASMailbox", Identity=arrived["guid"]).errors == []


@pytest.mark.parametrize(
    ("kind", "details", "lets_in"),
    [("linked", "LinkedMailbox", True), ("shared", "SharedMailbox", False), ("disabled", "UserMailbox", False)],
)
def test_kind_of_a_mailbox_shows_and_decides_whether_phones_log_on(
    sessions: Sessions, simulator: RunningSimulator, kind: str, details: str, lets_in: bool
) -> None:
    session, phone = sessions.open(), phone_of_somebody(simulator)
    changed = mailbox(simulator, phone["user"], "kind", kind=kind)
    (record,) = session.run("Get-Mailbox", Identity=phone["user"]).records
    assert str(record["RecipientTypeDetails"]) == details
    assert (record["IsShared"], record["AccountDisabled"]) == (kind == "shared", True)
    assert record["LinkedMasterAccount"] == (f"PARTNER\\{phone['user']}" if kind == "linked" else "")
    assert changed["lets_in"] is lets_in
    assert simulator.device(phone["guid"])["online"] is lets_in
    if not lets_in:
        silent = simulator.device(phone["guid"])["last_sync"]
        simulator.phone(phone["guid"], "sync")
        assert simulator.device(phone["guid"])["last_sync"] == silent


def test_soft_deleted_mailbox_leaves_user_and_partnership_without_statistics(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open(), phone_of_somebody(simulator)
    mailbox(simulator, phone["user"], "kind", kind="soft_deleted")
    for cmdlet in ("Get-Mailbox", "Get-CASMailbox", "Get-Recipient"):
        assert session.run(cmdlet, Identity=phone["user"]).errors != []
    assert session.run("Get-User", Identity=phone["user"]).errors == []
    assert session.run("Get-MobileDevice", Identity=phone["guid"]).errors == []
    assert session.run("Get-MobileDeviceStatistics", Identity=phone["guid"]).errors != []


def test_health_mailboxes_show_where_they_are_asked_for_and_their_probes_everywhere(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session = sessions.open()
    before = {record["Alias"] for record in session.run("Get-Mailbox", Monitoring=True).records}
    (guid,) = simulator.control("POST", "/monitoring", {"mailboxes": 1})["guids"]
    probe = simulator.device(guid)
    (record,) = [r for r in session.run("Get-Mailbox", Monitoring=True).records if r["Alias"] not in before]
    assert record["Name"].startswith("HealthMailbox")
    assert str(record["RecipientTypeDetails"]) == "MonitoringMailbox"
    assert record["Alias"] not in [r["Alias"] for r in session.run("Get-Mailbox").records]
    assert (probe["device_type"], probe["user"]) == ("EASProbeDeviceType", record["Alias"])
    assert guid in [str(r["Guid"]) for r in session.run("Get-MobileDevice").records]
    (found,) = session.run("Get-MobileDevice", Mailbox=record["DistinguishedName"]).records
    assert str(found["Guid"]) == guid
    assert session.run("Get-MobileDevice", Identity=probe["identity"]).errors == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/mailboxes/{user}/kind", {"kind": "royal"}),
        ("/mailboxes/{user}/dance", {}),
        ("/mailboxes/{user}/move", {}),
        ("/mailboxes/{user}/arrive", {}),
        ("/mailboxes/nobody/leave", {}),
        ("/cleanup", {"idle_days": 0}),
        ("/monitoring", {"mailboxes": 0}),
        ("/phones", {"user": "{user}", "device_type": "Abacus"}),
    ],
)
def test_order_that_makes_no_sense_says_what_would(
    simulator: RunningSimulator, path: str, body: dict[str, Any]
) -> None:
    user = phone_of_somebody(simulator)["user"]
    said = {k: v.format(user=user) if isinstance(v, str) else v for k, v in body.items()}
    with pytest.raises(ControlRefused) as refused:
        simulator.control("POST", path.format(user=user), said)
    assert refused.value.status in (400, 404)
    assert refused.value.answer["remedy"]


def test_wiped_phone_of_a_mailbox_that_returns_is_asked_again_only_if_it_is_asked_again(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open(), phone_of_somebody(simulator)
    simulator.phone(phone["guid"], "offline")
    session.run("Clear-MobileDevice", Identity=phone["guid"], Confirm=False)
    mailbox(simulator, phone["user"], "leave")
    (guid,) = mailbox(simulator, phone["user"], "arrive")["guids"]
    wait_until(lambda: simulator.device(guid)["state"] == "Allowed", SOON, "the end of discovery")
    assert simulator.device(guid)["wipe"]["requested"] is None
