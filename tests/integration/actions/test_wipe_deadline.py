"""A phone that stays off: a person is told at the deadline, and the wipe goes on waiting for the phone."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import Job, Outcome, State
from exconn.stream import Number
from tests.support.exchange.simulator import RunningSimulator
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, make_wiping, settled
from tests.support.machine.processes import wait_until

if TYPE_CHECKING:
    import redis

DEADLINE = timedelta(seconds=3)


@pytest.fixture
def wiping(redis_client: "redis.Redis", simulator: RunningSimulator, tmp_path: Path) -> Iterator[Wiping]:
    made = make_wiping(redis_client, simulator, tmp_path, deadline=f"{DEADLINE.seconds}s")
    yield made
    simulator.control("DELETE", "/faults")
    made.close()


def issued_to_a_phone_that_is_off(wiping: Wiping) -> tuple[str, str]:
    """Device and action."""
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")
    return guid, action


def held_at_the_deadline(wiping: Wiping, action: str) -> Job:
    """The action when it is held, which must not be before its time is over."""
    job = wiping.work(action, until=lambda job: job.state is State.HELD)
    assert wiping.ledger.time() - job.created >= DEADLINE
    return job


def open_action(wiping: Wiping, guid: str) -> object:
    """What stands in the way of a second wipe of the device."""
    return wiping.client.hget(keys.open_actions(CONNECTOR), guid)


def test_a_phone_that_is_off_at_the_deadline_is_told_and_its_later_acknowledgement_settles_the_wipe(
    wiping: Wiping,
) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)

    held = held_at_the_deadline(wiping, action)
    assert (held.reason, held.phase, held.outcome) == ("undelivered", "issued", "")
    (told,) = wiping.told(action, Number.WIPE_OVERDUE)
    assert told.data["reason"] == HoldReason.UNDELIVERED
    assert open_action(wiping, guid) == action
    assert wiping.is_pending(guid)

    wiping.simulator.phone(guid, "online")
    wiping.simulator.wait_for_device(guid, "acknowledged", timedelta(seconds=20), status="DeviceWipeSucceeded")
    wiping.a_day_passes()
    job = wiping.work(action, until=settled)

    assert (job.outcome, job.phase) == (Outcome.SUCCEEDED, "acknowledged")
    assert open_action(wiping, guid) is None
    assert wiping.clears(guid) == 1


def test_each_later_look_at_a_phone_that_stays_off_leaves_the_wipe_held_and_open(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    held_at_the_deadline(wiping, action)

    for _ in range(2):
        wiping.a_day_passes()
        assert wiping.held(action).reason == HoldReason.UNDELIVERED

    assert open_action(wiping, guid) == action
    assert wiping.clears(guid) == 1
    wiping.simulator.phone(guid, "online")


def test_an_undelivered_wipe_that_is_cancelled_is_taken_back_in_exchange(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    held_at_the_deadline(wiping, action)

    wiping.ledger.cancel(action, by="operator")
    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.CANCELLED
    assert not wiping.is_pending(guid)
    wiping.simulator.phone(guid, "online")


def test_a_device_without_statistics_does_not_keep_the_deadline_from_being_told(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.fault("not_found", cmdlet="Get-MobileDeviceStatistics", times=-1)

    assert held_at_the_deadline(wiping, action).reason == "undelivered"

    wiping.simulator.control("DELETE", "/faults")
    wiping.simulator.phone(guid, "online")


def test_a_wipe_of_outlook_that_was_never_sent_asks_a_person_at_the_deadline(wiping: Wiping) -> None:
    guid = wiping.add_client("Outlook")
    wiping.simulator.phone(guid, "offline")

    held = wiping.held(action := wiping.request(guid))
    assert held.reason == HoldReason.UNDELIVERED

    wiping.simulator.phone(guid, "online")
    wiping.simulator.phone(guid, "sync")
    wiping.a_day_passes()
    assert wiping.work(action, until=settled).outcome == Outcome.UNREPORTED


def test_a_client_that_contradicts_itself_is_wiped_and_followed_as_a_phone(wiping: Wiping) -> None:
    guid = wiping.add_client("Outlook", model="iPhone14C2")
    wiping.simulator.phone(guid, "refuse_wipe")
    action = wiping.request(guid)

    held = wiping.held(action)
    assert held.reason == HoldReason.UNDELIVERED
    (issued,) = wiping.told(action, Number.WIPE_ISSUED)
    assert (issued.data["client"], issued.data["erases"]) == ("unknown", "unknown")

    wiping.simulator.phone(guid, "take_wipe")
    wiping.simulator.wait_for_device(guid, "taken", timedelta(seconds=20), status="DeviceWipeSucceeded")
    wiping.a_day_passes()
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED


def test_a_client_that_was_a_phone_when_it_was_wiped_does_not_end_as_unreported(wiping: Wiping) -> None:
    guid = wiping.add_client("Outlook")
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    issued = wiping.work(action, until=lambda job: job.phase == "issued")
    before = {**issued.pre_image, "client": "native"}
    wiping.client.set(keys.pre_image(action), json.dumps(before))
    wiping.simulator.phone(guid, "online")
    wiping.simulator.phone(guid, "sync")

    assert wiping.held(action).reason == HoldReason.UNDELIVERED


@pytest.mark.requirement("MS-ASPROV_R645", "MS-ASPROV_R702")
@pytest.mark.parametrize(("form", "happened"), [("refuse_wipe", "wipe_failed"), ("lose_acknowledgement", "erased")])
def test_a_phone_that_never_says_that_it_wiped_asks_a_person_at_the_deadline(
    wiping: Wiping, form: str, happened: str
) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, form)
    action = wiping.request(guid)

    held = held_at_the_deadline(wiping, action)

    assert (held.reason, wiping.clears(guid)) == (HoldReason.UNDELIVERED, 1)
    wait_until(lambda: wiping.simulator.device(guid)[happened], timedelta(seconds=20), happened)


def test_a_deadline_passes_also_while_exchange_cannot_say_just_now(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.fault("transient", "Get-MobileDeviceStatistics", times=-1)

    assert held_at_the_deadline(wiping, action).reason == HoldReason.UNDELIVERED

    wiping.simulator.control("DELETE", "/faults")
    wiping.simulator.phone(guid, "online")
