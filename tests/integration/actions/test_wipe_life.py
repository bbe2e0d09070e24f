"""The life of a wipe against a real protocol: issued once, whatever happens in between."""

from datetime import datetime, timedelta

import pytest

from exconn.contracts import HoldReason
from exconn.ledger import Outcome, State
from exconn.stream import Number
from tests.support.exchange.shown_devices import shown
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, fingerprint_of, settled
from tests.support.streams.records import records_of

A_MILLISECOND = timedelta(milliseconds=1)


def numbers(wiping: Wiping, action: str) -> list[int]:
    """The numbers of the status messages of an action, in order."""
    records = records_of(wiping.client, "exconn:status")
    return [int(fields["n"]) for _, fields in records if fields["job"] == action]


def test_a_wipe_is_issued_once_and_followed_to_its_acknowledgement(wiping: Wiping) -> None:
    guid = wiping.fresh_device()

    action = wiping.request(guid)
    job = wiping.work(action, until=settled)

    assert (job.outcome, job.phase) == (Outcome.SUCCEEDED, "acknowledged")
    assert wiping.clears(guid) == 1
    told = [number for number in numbers(wiping, action) if number >= 50200]
    assert [number for number in told if number != 50202] == [50200, 50201, 50203]  # a fast phone skips "sent"


def test_a_wipe_whose_answer_is_lost_is_found_by_reading_back_and_not_issued_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("drop_answer", cmdlet="Clear-MobileDevice", times=1)

    action = wiping.request(guid)
    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1
    assert 50207 in numbers(wiping, action)


@pytest.mark.parametrize("kind", ["refuse", "shell_gone", "malformed"])
def test_a_wipe_that_never_reached_exchange_is_issued_in_the_end_and_once(wiping: Wiping, kind: str) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault(kind, cmdlet="Clear-MobileDevice", times=1)

    job = wiping.work(wiping.request(guid), until=settled)

    assert job.outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def test_a_worker_lost_after_begin_and_before_the_cmdlet_leaves_an_action_that_begins_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.lose_after_begin(action, guid, send=False)

    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1
    assert numbers(wiping, action).count(50200) == 2  # each begin has its audit record


def test_a_worker_lost_right_after_the_cmdlet_leaves_an_action_that_is_not_issued_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.lose_after_begin(action, guid, send=True)

    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1
    assert numbers(wiping, action).count(50200) == 1


def test_an_action_with_a_forged_signature_is_refused_by_the_worker(wiping: Wiping) -> None:
    guid = wiping.fresh_device()

    job = wiping.work(wiping.request(guid, forged=True), until=settled)

    assert job.outcome == Outcome.REFUSED
    assert wiping.clears(guid) == 0


def test_a_wipe_that_somebody_asked_for_already_is_followed_and_not_issued(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        session.clear_device(guid)

    job = wiping.work(wiping.request(guid), until=settled)

    assert job.phase in {"acknowledged"}
    assert wiping.clears(guid) == 1  # the one that was there


def test_a_phone_added_again_as_a_new_object_is_not_wiped(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    meant, seen = fingerprint_of(wiping, guid), shown(wiping.simulator, guid)
    new = wiping.simulator.phone(guid, "enrol", form="new_object")

    job = wiping.work(wiping.request(guid, known=meant, seen=seen), until=settled, within=timedelta(seconds=90))

    assert job.outcome in {Outcome.GONE, Outcome.REFUSED}
    assert wiping.clears(guid) == 0
    assert all(wiping.clears(device["guid"]) == 0 for device in new)


def test_a_phone_wiped_and_added_again_as_the_same_object_is_not_wiped_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    meant = fingerprint_of(wiping, guid)
    assert wiping.work(wiping.request(guid), until=settled).phase == "acknowledged"
    wiping.simulator.phone(guid, "enrol", form="same_object")

    job = wiping.held(wiping.request(guid, known=meant))

    assert (job.reason, job.data["differences"]) == (HoldReason.PARTNERSHIP_DIFFERS, ["last_acknowledged"])
    assert wiping.clears(guid) == 1


def test_a_fingerprint_that_differs_otherwise_is_held_until_a_person_releases_it(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    other = fingerprint_of(wiping, guid).model_copy(update={"mailbox": "another"})
    action = wiping.request(guid, known=other)

    held = wiping.work(action, until=lambda job: job.state is State.HELD)
    assert (held.reason, held.data["differences"]) == (HoldReason.PARTNERSHIP_DIFFERS, ["mailbox"])
    assert wiping.clears(guid) == 0

    wiping.release(action)
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def test_the_kill_switch_stops_a_wipe_before_its_cmdlet_and_resume_lets_it_go_on(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)

    stopped = wiping.stopped_by_begin(action)
    assert wiping.clears(guid) == 0
    assert stopped.begun == 0

    wiping.ledger.resume(CONNECTOR, by="boss")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def test_a_wipe_that_is_cancelled_before_it_begins_never_reaches_exchange(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)

    assert wiping.ledger.cancel(action, by="operator") == "cancelled"

    job = wiping.work(action, until=settled)
    assert job.outcome == Outcome.CANCELLED
    assert wiping.clears(guid) == 0


def test_a_pending_wipe_that_is_cancelled_is_taken_back_in_exchange(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")

    assert wiping.ledger.cancel(action, by="operator") == "marked"
    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.CANCELLED
    assert not wiping.is_pending(guid)
    wiping.simulator.phone(guid, "online")


def test_a_wipe_and_its_cancellation_have_one_record_each_before_their_cmdlets(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")
    wiping.ledger.cancel(action, by="operator")
    wiping.work(action, until=settled)

    records = [(str(record.data["purpose"]), record.at) for record in wiping.told(action, Number.ISSUING)]
    entries = [entry for entry in wiping.simulator.oracle("Clear-*") if entry["identity_guid"] == guid]
    executed = [("withdraw" if entry["parameters"].get("Cancel") else "issue", entry["at"]) for entry in entries]
    assert [purpose for purpose, _ in records] == [purpose for purpose, _ in executed] == ["issue", "withdraw"]
    for (_, recorded), (_, sent) in zip(records, executed, strict=True):
        assert recorded <= datetime.fromisoformat(sent) + A_MILLISECOND  # what the times of records are cut to
    wiping.simulator.phone(guid, "online")


def test_a_wipe_refused_by_exchange_waits_for_a_person(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("error", cmdlet="Clear-MobileDevice", times=1)
    action = wiping.request(guid)

    held = wiping.work(action, until=lambda job: job.state is State.HELD)

    assert held.reason == HoldReason.REFUSED_BY_EXCHANGE
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED


def test_actions_that_are_not_armed_are_held(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.store.disarm(CONNECTOR, "actions", "boss")

    held = wiping.work(wiping.request(guid), until=lambda job: job.state is State.HELD)

    assert held.reason == HoldReason.NOT_ARMED
    assert wiping.clears(guid) == 0
