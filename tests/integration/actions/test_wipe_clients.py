"""What becomes of a wipe by the class of its client: Outlook never reports, OutlookService is out of reach."""

from collections.abc import Iterator
from typing import Any

import pytest

from exconn.contracts import HoldReason, Kind, WaitReason, remedy_text
from exconn.ledger import Outcome, State
from exconn.stream import Number
from tests.support.jobs.wipe_jobs import SERVERS_DOMAIN, Wiping, settled


@pytest.fixture(autouse=True)
def usual_beliefs(wiping: Wiping) -> Iterator[None]:
    yield
    wiping.simulator.control("DELETE", "/beliefs")


def record(wiping: Wiping, action: str, number: Number) -> dict[str, Any]:
    """What the record says of the client."""
    (told,) = wiping.told(action, number)
    return {name: told.data[name] for name in ("client", "erases")}


@pytest.mark.parametrize("client_type", ["EAS", "REST"])
def test_a_wipe_of_outlook_ends_as_sent_and_never_reported_and_no_person_is_asked(
    wiping: Wiping, client_type: str
) -> None:
    guid = wiping.add_client("Outlook", client_type=client_type)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")
    wiping.simulator.phone(guid, "sync")

    job = wiping.work(action, until=settled)

    assert (job.outcome, job.phase) == (Outcome.UNREPORTED, "unreported")
    assert wiping.told(action, Number.JOB_HELD) == []
    outlook = {"client": "outlook", "erases": "app_data"}
    assert record(wiping, action, Number.WIPE_ISSUED) == record(wiping, action, Number.WIPE_UNREPORTED) == outlook
    assert wiping.clears(guid) == 1
    assert wiping.is_pending(guid)  # in Exchange, for ever


def test_an_outlook_that_does_acknowledge_is_on_record_as_that(wiping: Wiping) -> None:
    wiping.simulator.control("POST", "/beliefs", {"outlook_reports": True})
    guid = wiping.add_client("Outlook")

    action = wiping.request(guid)
    job = wiping.work(action, until=settled)

    assert (job.outcome, job.phase) == (Outcome.SUCCEEDED, "acknowledged")
    assert record(wiping, action, Number.WIPE_ACKNOWLEDGED) == {"client": "outlook", "erases": "app_data"}


def test_a_wipe_of_outlook_service_is_held_before_it_begins_and_says_use_intune(wiping: Wiping) -> None:
    guid = wiping.add_client("OutlookService")

    # One look is enough, so that a wipe that went out instead is not followed for long.
    held = wiping.look(action := wiping.request(guid))

    assert (held.state, held.reason, held.begun) == (State.HELD, HoldReason.USE_INTUNE, 0)
    assert held.data["client"] == "outlook_service"
    assert "Intune" in remedy_text(held.reason)
    wiping.ledger.retry(action, by="operator")
    assert wiping.held(action).begun == 0
    wiping.ledger.cancel(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
    assert wiping.clears(guid) == 0


def test_a_wipe_of_outlook_service_that_waits_in_exchange_already_is_held_as_well(wiping: Wiping) -> None:
    guid = wiping.add_client("OutlookService")
    wiping.by_somebody_else(guid)

    held = wiping.look(wiping.request(guid))

    assert (held.state, held.reason) == (State.HELD, HoldReason.USE_INTUNE)


@pytest.mark.parametrize("kind", [Kind.BLOCK, Kind.ALLOW])
def test_outlook_service_is_blocked_and_allowed_as_any_other_client(wiping: Wiping, kind: Kind) -> None:
    guid = wiping.add_client("OutlookService")

    job = wiping.work(wiping.request(guid, kind=kind), until=settled)

    assert (job.outcome, job.phase) == (Outcome.SUCCEEDED, "verified")


def test_a_wipe_of_one_outlook_waits_for_every_outlook_of_its_user_and_a_second_one_follows_it(wiping: Wiping) -> None:
    first = wiping.add_client("Outlook")
    second = wiping.add_client("Outlook", beside=first)
    wiping.simulator.phone(second, "offline")
    assert wiping.work(wiping.request(first), until=settled).outcome == Outcome.UNREPORTED

    action = wiping.request(second)
    wiping.work(action, until=lambda job: job.reason == WaitReason.DEVICE_SILENT)
    wiping.simulator.phone(second, "online")
    wiping.simulator.phone(second, "sync")
    job = wiping.work(action, until=settled)

    assert (job.outcome, job.begun) == (Outcome.UNREPORTED, 0)
    assert (wiping.clears(first), wiping.clears(second)) == (1, 0)


def test_an_outlook_that_was_wiped_before_is_wiped_again_though_its_old_wipe_is_pending(wiping: Wiping) -> None:
    guid = wiping.add_client("Outlook")
    assert wiping.work(wiping.request(guid), until=settled).outcome == Outcome.UNREPORTED
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)

    unsent = wiping.work(action, until=lambda job: job.reason == WaitReason.DEVICE_SILENT)
    later = wiping.look(action, times=3)

    assert (unsent.begun, later.begun, wiping.clears(guid)) == (1, 1, 2)
    assert (later.state, later.phase) == (State.WAITING, "issued")
    wiping.simulator.phone(guid, "online")
    wiping.simulator.phone(guid, "sync")
    assert wiping.work(action, until=settled).outcome == Outcome.UNREPORTED
    assert wiping.clears(guid) == 2


def test_the_sending_of_an_old_wipe_of_outlook_does_not_end_a_new_one(wiping: Wiping) -> None:
    """Where Exchange keeps the request time of the wipe that is pending, nothing shows whether the new one was sent."""
    wiping.simulator.control("POST", "/beliefs", {"request_time": "kept_while_pending"})
    guid = wiping.add_client("Outlook")
    assert wiping.work(wiping.request(guid), until=settled).outcome == Outcome.UNREPORTED
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")

    later = wiping.look(action, times=3)

    assert (later.state, later.phase, wiping.clears(guid)) == (State.WAITING, "issued", 2)


def test_an_old_wipe_of_outlook_does_not_hide_that_exchange_did_nothing_of_a_new_one(wiping: Wiping) -> None:
    guid = wiping.add_client("Outlook", domain=SERVERS_DOMAIN)
    wiping.work(wiping.request(guid), until=settled)
    wiping.simulator.fault("says_ok", "Clear-MobileDevice")

    job = wiping.work(wiping.request(guid), until=settled)

    assert (job.outcome, job.begun, wiping.clears(guid)) == (Outcome.UNREPORTED, 2, 2)


def test_a_second_wipe_of_outlook_whose_answer_is_lost_is_sent_once(wiping: Wiping) -> None:
    guid = wiping.add_client("Outlook")
    wiping.work(wiping.request(guid), until=settled)
    wiping.simulator.fault("drop_answer", "Clear-MobileDevice")

    job = wiping.work(wiping.request(guid), until=settled)

    assert (job.outcome, job.begun, wiping.clears(guid)) == (Outcome.UNREPORTED, 1, 2)


def test_outlook_comes_back_as_another_partnership_that_the_ended_wipe_leaves_alone(wiping: Wiping) -> None:
    guid = wiping.add_client("Outlook")
    job = wiping.work(wiping.request(guid), until=settled)
    (again,) = wiping.simulator.phone(guid, "enrol", form="new_device_id")

    assert job.state is State.SETTLED
    assert (again["wipe"]["requested"], wiping.clears(again["guid"])) == (None, 0)
