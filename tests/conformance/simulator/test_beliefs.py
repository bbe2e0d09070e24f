"""What is believed of wipes: each belief in both of its forms, as a client sees it through cmdlets."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.simulator import ControlRefused, RunningSimulator, start_simulator

SOON = timedelta(seconds=15)


@pytest.fixture
def world(simulator: RunningSimulator) -> Iterator[RunningSimulator]:
    yield simulator
    simulator.control("DELETE", "/beliefs")


def believe(world: RunningSimulator, **beliefs: object) -> None:
    world.control("POST", "/beliefs", beliefs)


def a_phone(world: RunningSimulator, device_type: str = "iPhone", **fields: object) -> dict[str, Any]:
    user = next(d["user"] for d in world.devices() if d["state"] == "Allowed")
    return world.control("POST", "/phones", {"user": user, "device_type": device_type, **fields})


def wipe(session: PypsrpSession, guid: str, **parameters: object) -> None:
    assert session.run("Clear-MobileDevice", Identity=guid, Confirm=False, **parameters).errors == []


def contacts(world: RunningSimulator, guid: str, times: int = 2) -> dict[str, Any]:
    """The device after so many contacts."""
    for _ in range(times):
        world.phone(guid, "sync")
    return world.device(guid)


def status(session: PypsrpSession, guid: str) -> str:
    (record,) = session.run("Get-MobileDeviceStatistics", Identity=guid).records
    return str(record["Status"])


@pytest.mark.parametrize(("reports", "end"), [(False, "DeviceWipePending"), (True, "DeviceWipeSucceeded")])
def test_outlook_takes_its_wipe_and_reports_it_only_where_that_is_believed(
    sessions: Sessions, world: RunningSimulator, reports: bool, end: str
) -> None:
    believe(world, outlook_reports=reports)
    outlook = a_phone(world, "Outlook")
    assert (outlook["client_type"], outlook["model"]) == ("EAS", "Outlook for iOS and Android")

    wipe(sessions.open(), outlook["guid"])

    after = contacts(world, outlook["guid"])
    assert (after["status"], after["wipe"]["sent"] is not None, after["online"]) == (end, True, not reports)


def test_the_sent_time_of_outlook_may_stay_away(sessions: Sessions, world: RunningSimulator) -> None:
    believe(world, outlook_shows_sent=False)
    outlook = a_phone(world, "Outlook")
    wipe(sessions.open(), outlook["guid"])
    assert contacts(world, outlook["guid"])["wipe"]["sent"] is None


def test_nothing_reaches_a_phone_behind_outlook_service(sessions: Sessions, world: RunningSimulator) -> None:
    service = a_phone(world, "OutlookService")
    wipe(sessions.open(), service["guid"])
    after = contacts(world, service["guid"])
    assert (after["status"], after["wipe"]["sent"]) == ("DeviceWipePending", None)


def test_a_phone_that_says_outlook_and_is_none_acknowledges(sessions: Sessions, world: RunningSimulator) -> None:
    phone = a_phone(world, "Outlook", model="iPhone14C2")
    wipe(sessions.open(), phone["guid"])
    assert contacts(world, phone["guid"])["status"] == "DeviceWipeSucceeded"


def test_outlook_comes_back_under_another_device_id(sessions: Sessions, world: RunningSimulator) -> None:
    outlook = a_phone(world, "Outlook")
    wipe(sessions.open(), outlook["guid"])
    contacts(world, outlook["guid"])

    (again,) = world.phone(outlook["guid"], "enrol", form="new_device_id")

    assert again["device_id"] != outlook["device_id"]
    assert (again["guid"] != outlook["guid"], again["device_type"], again["user"]) == (True, "Outlook", outlook["user"])
    assert (again["wipe"]["requested"], again["enrolments"]) == (None, 2)
    assert world.device(outlook["guid"])["status"] == "DeviceWipePending"


@pytest.mark.parametrize("connects", [True, False])
def test_a_blocked_phone_fetches_its_wipe_or_stays_away_until_it_is_allowed(
    sessions: Sessions, world: RunningSimulator, connects: bool
) -> None:
    believe(world, blocked_phones_connect=connects)
    session, phone = sessions.open(), a_phone(world)
    session.run("Set-CASMailbox", Identity=phone["user"], ActiveSyncBlockedDeviceIDs={"Add": [phone["device_id"]]})
    wipe(session, phone["guid"])

    after = contacts(world, phone["guid"])
    assert (after["wipe"]["sent"] is not None) is connects

    session.run("Set-CASMailbox", Identity=phone["user"], ActiveSyncBlockedDeviceIDs={"Remove": [phone["device_id"]]})
    world.wait_for_device(phone["guid"], "the acknowledgement", SOON, status="DeviceWipeSucceeded")


@pytest.mark.requirement("MS-ASPROV_R642", "MS-ASPROV_R702")
def test_a_phone_that_answered_with_failure_is_told_again_at_its_next_contact(
    sessions: Sessions, world: RunningSimulator
) -> None:
    phone = a_phone(world)
    world.phone(phone["guid"], "refuse_wipe")
    wipe(sessions.open(), phone["guid"])
    failed = contacts(world, phone["guid"], 1)["wipe_failed"]
    again = contacts(world, phone["guid"], 1)
    assert again["wipe_failed"] > failed
    assert again["status"] == "DeviceWipePending"

    world.phone(phone["guid"], "take_wipe")
    world.wait_for_device(phone["guid"], "the acknowledgement", SOON, status="DeviceWipeSucceeded")


@pytest.mark.requirement("MS-ASPROV_R645")
def test_a_lost_acknowledgement_leaves_an_erased_phone_with_a_pending_wipe(
    sessions: Sessions, world: RunningSimulator
) -> None:
    phone = a_phone(world)
    world.phone(phone["guid"], "lose_acknowledgement")
    wipe(sessions.open(), phone["guid"])
    after = contacts(world, phone["guid"])
    assert (after["erased"], after["status"], after["online"]) == (True, "DeviceWipePending", False)


@pytest.mark.requirement("MS-ASPROV_R654")
def test_the_directive_is_gone_with_the_device(sessions: Sessions, world: RunningSimulator) -> None:
    session, phone = sessions.open(), a_phone(world)
    world.phone(phone["guid"], "offline")
    wipe(session, phone["guid"])

    (again,) = world.phone(phone["guid"], "enrol", form="new_object")

    assert again["device_id"] == phone["device_id"]
    assert session.run("Get-MobileDevice", Identity=phone["guid"]).errors != []
    after = contacts(world, again["guid"])
    assert (after["status"], after["erased"]) == ("DeviceOk", False)


@pytest.mark.requirement("MS-ASPROV_R1041", "MS-ASPROV_R1047")
@pytest.mark.parametrize("repeats", [True, False])
def test_a_phone_that_is_set_up_again_is_wiped_again_only_where_success_does_not_end_it(
    sessions: Sessions, world: RunningSimulator, repeats: bool
) -> None:
    believe(world, success_repeats=repeats)
    phone = a_phone(world)
    wipe(sessions.open(), phone["guid"])
    first = contacts(world, phone["guid"])["wipe"]["acknowledged"]
    world.phone(phone["guid"], "enrol", form="same_object")

    again = contacts(world, phone["guid"], 1)

    assert (again["erased"], again["wipe"]["acknowledged"] > first) == (repeats, repeats)


def test_request_times_are_exact_or_in_whole_seconds(sessions: Sessions, world: RunningSimulator) -> None:
    believe(world, request_time="whole_seconds")
    phone = a_phone(world)
    wipe(sessions.open(), phone["guid"])
    assert "." not in world.device(phone["guid"])["wipe"]["requested"]


@pytest.mark.parametrize("kept", [True, False])
def test_a_wipe_that_is_asked_for_again_keeps_its_time_or_gets_a_new_one(
    sessions: Sessions, world: RunningSimulator, kept: bool
) -> None:
    believe(world, request_time="kept_while_pending" if kept else "exact")
    session, phone = sessions.open(), a_phone(world)
    world.phone(phone["guid"], "offline")
    wipe(session, phone["guid"])
    first = world.device(phone["guid"])["wipe"]["requested"]
    wipe(session, phone["guid"])
    assert (world.device(phone["guid"])["wipe"]["requested"] == first) is kept


@pytest.mark.parametrize("kept", [True, False])
def test_a_new_wipe_keeps_or_clears_the_acknowledgement_before_and_is_taken_along(
    sessions: Sessions, world: RunningSimulator, kept: bool
) -> None:
    believe(world, acknowledgement_kept=kept, success_repeats=False)
    session, phone = sessions.open(), a_phone(world)
    wipe(session, phone["guid"])
    first = contacts(world, phone["guid"])["wipe"]["acknowledged"]
    world.phone(phone["guid"], "enrol", form="same_object")
    world.phone(phone["guid"], "offline")

    wipe(session, phone["guid"])

    asked = world.device(phone["guid"])
    assert (asked["status"], asked["wipe"]["acknowledged"]) == ("DeviceWipePending", first if kept else None)
    world.phone(phone["guid"], "online")
    done = world.wait_for_device(phone["guid"], "the acknowledgement", SOON, status="DeviceWipeSucceeded")
    assert done["wipe"]["acknowledged"] > first


@pytest.mark.parametrize("kept", [True, False])
def test_a_cancelled_wipe_keeps_or_loses_its_request_time_and_never_reaches_the_phone(
    sessions: Sessions, world: RunningSimulator, kept: bool
) -> None:
    believe(world, cancel_keeps_request_time=kept)
    session, phone = sessions.open(), a_phone(world)
    world.phone(phone["guid"], "offline")
    wipe(session, phone["guid"])
    wipe(session, phone["guid"], Cancel=True)
    world.phone(phone["guid"], "online")

    after = contacts(world, phone["guid"])

    assert (after["wipe"]["requested"] is not None) is kept
    assert (status(session, phone["guid"]), after["erased"]) == ("DeviceOk", False)


def test_beliefs_outlive_a_reset_and_are_set_back(world: RunningSimulator) -> None:
    first = world.control("GET", "/beliefs")
    believe(world, outlook_reports=True)
    world.control("POST", "/reset", {})
    assert world.control("GET", "/beliefs") == {**first, "outlook_reports": True}
    assert world.control("DELETE", "/beliefs") == first


def test_a_belief_that_nobody_has_is_refused(world: RunningSimulator) -> None:
    with pytest.raises(ControlRefused, match="outlook_reports"):
        believe(world, phones_are_honest=True)


@pytest.mark.requirement("MS-ASPROV_R1041")
def test_version_and_settings_decide_what_is_believed_at_the_start(tmp_path: Any) -> None:
    old = start_simulator(tmp_path, 5, version="2010", beliefs='{"outlook_reports": true}')
    try:
        found = old.control("GET", "/beliefs")
        assert (found["success_repeats"], found["outlook_reports"]) == (True, True)
    finally:
        old.close()
