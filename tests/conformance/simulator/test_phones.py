"""Phones as a client sees them through cmdlets, and as the control port moves them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.simulator import ControlRefused, RunningSimulator
from tests.support.machine.processes import wait_until

SOON = timedelta(seconds=15)


def online_phone(simulator: RunningSimulator, **wanted: object) -> dict[str, Any]:
    """Some phone, and not an app, that comes by and has the wanted fields."""
    wanted = {"client_type": "EAS", "client_version": "16.1"} | wanted
    phones = [d for d in simulator.devices() if not d["device_type"].startswith("Outlook")]
    return next(d for d in phones if d["online"] and all(d[k] == v for k, v in wanted.items()))


def statistics(session: PypsrpSession, guid: str) -> dict[str, Any]:
    (record,) = session.run("Get-MobileDeviceStatistics", Identity=guid).records
    return record


def status(session: PypsrpSession, guid: str) -> str:
    return str(statistics(session, guid)["Status"])


def wipe(session: PypsrpSession, guid: str, **parameters: object) -> None:
    outcome = session.run("Clear-MobileDevice", Identity=guid, Confirm=False, **parameters)
    assert outcome.errors == []


def wait_for_status(session: PypsrpSession, guid: str, wanted: str) -> None:
    wait_until(lambda: status(session, guid) == wanted, SOON, f"status {wanted}")


@pytest.mark.requirement("MS-ASPROV_R653", "MS-ASPROV_R663")
def test_wipe_is_requested_sent_and_acknowledged_in_this_order(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, phone = sessions.open(), online_phone(simulator)

    wipe(session, phone["guid"])
    wait_for_status(session, phone["guid"], "DeviceWipeSucceeded")

    after = statistics(session, phone["guid"])
    times = [after[f"DeviceWipe{name}Time"] for name in ("Request", "Sent", "Ack")]
    assert times == sorted(times)
    assert after["LastDeviceWipeRequestor"] == simulator.username("actions")
    (entry,) = simulator.oracle("Clear-*", guid=phone["guid"])
    assert (entry["cmdlet"], entry["outcome"], entry["answered"]) == ("Clear-MobileDevice", "ok", True)


def test_an_acknowledgement_is_in_the_log_behind_the_wipe_and_is_no_cmdlet(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open(), online_phone(simulator)
    wipe(session, phone["guid"])
    wait_for_status(session, phone["guid"], "DeviceWipeSucceeded")

    (cleared,) = simulator.oracle("Clear-*", guid=phone["guid"])
    (acknowledged,) = simulator.oracle(event="acknowledged", guid=phone["guid"])

    assert acknowledged["n"] > cleared["n"]
    assert [entry for entry in simulator.oracle() if "cmdlet" not in entry] == []


@pytest.mark.requirement("MS-ASPROV_R643")
def test_wiped_phone_stays_listed_and_silent_until_it_is_removed(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open(), online_phone(simulator)
    wipe(session, phone["guid"])
    wait_for_status(session, phone["guid"], "DeviceWipeSucceeded")
    last = statistics(session, phone["guid"])["LastSuccessSync"]
    simulator.phone(phone["guid"], "sync")
    assert statistics(session, phone["guid"])["LastSuccessSync"] == last

    session.run("Remove-MobileDevice", Identity=phone["guid"], Confirm=False)

    (error,) = session.run("Get-MobileDevice", Identity=phone["guid"]).errors
    assert "couldn't be found" in str(error)
    assert simulator.control("GET", "/health")["devices"] == 59


def test_phone_that_is_offline_gets_its_wipe_when_it_is_back(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, phone = sessions.open(), online_phone(simulator)
    simulator.phone(phone["guid"], "offline")
    wipe(session, phone["guid"])
    for _ in range(3):
        assert status(session, phone["guid"]) == "DeviceWipePending"
    assert statistics(session, phone["guid"])["DeviceWipeSentTime"] is None

    simulator.phone(phone["guid"], "online")

    wait_for_status(session, phone["guid"], "DeviceWipeSucceeded")


@pytest.mark.requirement("MS-ASPROV_R654")
def test_cancelled_wipe_never_reaches_the_phone(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, phone = sessions.open(), online_phone(simulator)
    simulator.phone(phone["guid"], "offline")
    wipe(session, phone["guid"])
    wipe(session, phone["guid"], Cancel=True)
    simulator.phone(phone["guid"], "online")
    simulator.phone(phone["guid"], "sync")
    after = statistics(session, phone["guid"])
    assert (str(after["Status"]), after["DeviceWipeRequestTime"]) == ("DeviceOk", None)


@pytest.mark.requirement("MS-ASPROV_R702")
def test_phone_that_refuses_keeps_the_wipe_pending(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, phone = sessions.open(), online_phone(simulator)
    simulator.phone(phone["guid"], "refuse_wipe")
    wipe(session, phone["guid"])
    simulator.phone(phone["guid"], "sync")
    simulator.phone(phone["guid"], "sync")
    after = statistics(session, phone["guid"])
    assert str(after["Status"]) == "DeviceWipePending"
    assert after["DeviceWipeSentTime"] is not None
    assert after["DeviceWipeAckTime"] is None


def test_enrolment_as_a_new_object_has_another_guid_and_no_wipe(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open(), online_phone(simulator)
    wipe(session, phone["guid"])
    simulator.wait_for_device(phone["guid"], "the acknowledgement", SOON, status="DeviceWipeSucceeded")

    (again,) = simulator.phone(phone["guid"], "enrol", form="new_object")

    assert again["guid"] != phone["guid"]
    assert (again["device_id"], again["identity"]) == (phone["device_id"], phone["identity"])
    assert again["wipe"]["requested"] is None
    assert again["created"] > phone["created"]
    assert session.run("Get-MobileDevice", Identity=phone["guid"]).errors != []
    (record,) = session.run("Get-MobileDevice", Identity=again["identity"]).records
    assert str(record["Guid"]) == again["guid"]


@pytest.mark.requirement("MS-ASPROV_R1047")
def test_enrolment_with_the_same_object_keeps_guid_first_sync_and_the_old_acknowledgement(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session, phone = sessions.open(), online_phone(simulator)
    wipe(session, phone["guid"])
    simulator.wait_for_device(phone["guid"], "the acknowledgement", SOON, status="DeviceWipeSucceeded")

    (again,) = simulator.phone(phone["guid"], "enrol", form="same_object")

    same = ("guid", "device_id", "first_sync", "created")
    assert [again[k] for k in same] == [phone[k] for k in same]
    assert (again["status"], again["online"], again["enrolments"]) == ("DeviceOk", True, 2)
    assert again["wipe"]["acknowledged"] is not None
    assert status(session, phone["guid"]) == "DeviceOk"


def test_sync_moves_statistics_and_not_the_directory(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, phone = sessions.open(), online_phone(simulator)
    (before,) = session.run("Get-MobileDevice", Identity=phone["guid"]).records
    first = statistics(session, phone["guid"])["LastSuccessSync"]

    wait_until(lambda: statistics(session, phone["guid"])["LastSuccessSync"] > first, SOON, "a later sync")

    (after,) = session.run("Get-MobileDevice", Identity=phone["guid"]).records
    assert after["WhenChangedUTC"] == before["WhenChangedUTC"]


def test_statistics_of_a_mailbox_cover_all_its_devices(sessions: Sessions, simulator: RunningSimulator) -> None:
    by_user: dict[str, list[str]] = {}
    for device in simulator.devices():
        by_user.setdefault(device["user"], []).append(device["guid"])
    user, guids = next((u, g) for u, g in by_user.items() if len(g) > 1)
    records = sessions.open().run("Get-MobileDeviceStatistics", Mailbox=user).records
    assert sorted(str(r["Guid"]) for r in records) == sorted(guids)


@pytest.mark.requirement("MS-ASPROV_R6906", "MS-ASPROV_R64503")
def test_account_only_wipe_needs_protocol_16_1(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    old, new = online_phone(simulator, client_version="14.1"), online_phone(simulator)
    refused = session.run("Clear-MobileDevice", Identity=old["guid"], AccountOnly=True, Confirm=False)
    assert len(refused.errors) == 1
    assert simulator.device(old["guid"])["account_only_wipe"]["requested"] is None

    wipe(session, new["guid"], AccountOnly=True)

    wait_for_status(session, new["guid"], "AccountOnlyDeviceWipeSucceeded")
    assert simulator.device(new["guid"])["wipe"]["requested"] is None


def test_account_only_wipe_has_no_effect_on_outlook(sessions: Sessions, simulator: RunningSimulator) -> None:
    outlook = next(d for d in simulator.devices() if d["client_type"] == "REST")
    wipe(sessions.open(), outlook["guid"], AccountOnly=True)
    device = simulator.device(outlook["guid"])
    assert (device["account_only_wipe"]["requested"], device["wipe"]["requested"]) == (None, None)


def test_personal_lists_decide_over_rules_and_default(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, phone = sessions.open(), online_phone(simulator, state="Allowed", state_reason="Global")

    def state() -> tuple[str, str]:
        (record,) = session.run("Get-MobileDevice", Identity=phone["guid"]).records
        return str(record["DeviceAccessState"]), str(record["DeviceAccessStateReason"])

    def lists(**changes: object) -> None:
        assert session.run("Set-CASMailbox", Identity=phone["user"], **changes).errors == []

    lists(ActiveSyncBlockedDeviceIDs={"Add": [phone["device_id"]]})
    assert state() == ("Blocked", "Individual")
    lists(ActiveSyncBlockedDeviceIDs={"Remove": [phone["device_id"].lower()]})
    assert state() == ("Allowed", "Global")
    lists(ActiveSyncAllowedDeviceIDs=[phone["device_id"]])
    assert state() == ("Allowed", "Individual")
    lists(ActiveSyncAllowedDeviceIDs=None)
    assert state() == ("Allowed", "Global")


def test_default_access_level_hits_at_once(sessions: Sessions, simulator: RunningSimulator) -> None:
    phone = online_phone(simulator, state="Allowed", state_reason="Global")
    sessions.governing().run("Set-ActiveSyncOrganizationSettings", DefaultAccessLevel="Quarantine")
    assert simulator.device(phone["guid"])["state"] == "Quarantined"


def test_new_partnership_appears_with_its_creation_time(sessions: Sessions, simulator: RunningSimulator) -> None:
    session, user = sessions.open(), simulator.devices(limit=1)[0]["user"]
    before = datetime.fromisoformat(simulator.devices(limit=1)[0]["created"])
    added = simulator.control("POST", "/phones", {"user": user})
    (record,) = session.run("Get-MobileDevice", Identity=added["guid"]).records
    assert str(record["Guid"]) == added["guid"]
    assert datetime.fromisoformat(added["created"]) > before
    assert added["guid"] in [d["guid"] for d in simulator.devices(user=user)]


def test_unknown_user_is_answered_with_near_names(simulator: RunningSimulator) -> None:
    user = simulator.devices(limit=1)[0]["user"]
    with pytest.raises(ControlRefused) as refused:
        simulator.phone(f"{user}x", "sync")
    assert refused.value.status == 404
    assert user in refused.value.answer["remedy"]
