"""When Exchange, or somebody in it, does not do what a wipe expects: nothing is lost, doubled or claimed too early."""

from datetime import timedelta

import pytest

from exconn.contracts import HoldReason, WaitReason
from exconn.contracts.work import Wipe
from exconn.keyspace import keys
from exconn.ledger import Limits, Outcome, State, Window
from exconn.signing import registry_text
from tests.support.jobs.wipe_jobs import CONNECTOR, SERVERS_DOMAIN, WIDE, Wiping, issued_to_a_phone_that_is_off, settled
from tests.support.requests.signed import DEPLOYMENT

STATISTICS = "Get-MobileDeviceStatistics"


def end_well(wiping: Wiping, guid: str, action: str) -> None:
    """The phone comes back: the wipe must reach its acknowledgement."""
    wiping.simulator.phone(guid, "online")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED


def test_missing_statistics_do_not_end_a_wipe_that_is_followed(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.fault("not_found", cmdlet=STATISTICS, times=6)

    job = wiping.look(action, times=4)

    assert job.state is State.WAITING
    end_well(wiping, guid, action)


def test_missing_statistics_hold_a_wipe_that_was_not_issued_and_a_retry_issues_it(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("not_found", cmdlet=STATISTICS, times=-1)
    action = wiping.request(guid)

    assert wiping.held(action).reason == HoldReason.NO_STATISTICS
    assert wiping.clears(guid) == 0

    wiping.simulator.control("DELETE", "/faults")
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def test_a_device_that_is_missing_now_and_then_is_not_gone(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)

    for _ in range(2):
        wiping.simulator.fault("not_found", cmdlet="Get-MobileDevice", times=2)
        wiping.look(action)
        job = wiping.look(action)

    assert job.state is State.WAITING
    end_well(wiping, guid, action)


def test_one_domain_controller_is_not_believed_that_a_device_is_gone(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping, domain=SERVERS_DOMAIN)
    wiping.simulator.fault("not_found", cmdlet="Get-MobileDevice", times=1)

    job = wiping.look(action)

    assert job.notes.get("gone") is None
    end_well(wiping, guid, action)


def test_a_partnership_that_is_removed_ends_its_wipe_as_gone(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        session.remove_device(guid)

    job = wiping.work(action, until=settled)

    assert (job.outcome, job.phase) == (Outcome.GONE, "closed")


def test_two_domain_controllers_without_the_device_end_its_wipe_at_once(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping, domain=SERVERS_DOMAIN)
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        session.remove_device(guid)
    wiping.simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": "dc2.corp.example"})

    try:
        job = wiping.look(action, times=2)
    finally:
        wiping.simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": "dc1.corp.example"})

    assert (job.outcome, job.phase) == (Outcome.GONE, "closed")


def test_a_wipe_that_was_found_pending_keeps_what_it_was_found_with(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    wiping.by_somebody_else(guid)
    action = wiping.request(guid)

    job = wiping.work(action, until=lambda job: job.phase == "issued")

    assert {"fingerprint", "before", "issued"} <= job.notes.keys()
    assert wiping.clears(guid) == 1
    end_well(wiping, guid, action)


def test_a_found_wipe_that_is_taken_back_by_others_is_held_and_issued_after_a_release(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    wiping.by_somebody_else(guid)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")
    wiping.by_somebody_else(guid, cancel=True)

    assert wiping.held(action).reason == HoldReason.TAKEN_BACK

    wiping.release(action)
    wiping.work(action, until=lambda job: job.begun == 1 and job.phase == "issued")
    assert wiping.is_pending(guid)
    end_well(wiping, guid, action)


def test_an_issued_wipe_that_is_taken_back_by_others_is_held_again_after_each_release(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.by_somebody_else(guid, cancel=True)
    first = wiping.held(action)
    wiping.release(action)
    wiping.work(action, until=lambda job: job.begun == 2 and job.phase == "issued")
    wiping.look(action)
    wiping.by_somebody_else(guid, cancel=True)

    second = wiping.held(action)

    assert [(held.reason, held.data["issued"]) for held in (first, second)] == [
        (HoldReason.TAKEN_BACK, 1),
        (HoldReason.TAKEN_BACK, 2),
    ]
    wiping.ledger.cancel(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
    wiping.simulator.phone(guid, "online")


def test_a_wipe_that_was_taken_back_and_keeps_its_request_time_is_held(wiping: Wiping) -> None:
    wiping.simulator.control("POST", "/beliefs", {"cancel_keeps_request_time": True})
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.by_somebody_else(guid, cancel=True)

    try:
        held = wiping.held(action)
    finally:
        wiping.simulator.control("DELETE", "/beliefs")

    assert (held.reason, held.begun, wiping.clears(guid)) == (HoldReason.TAKEN_BACK, 1, 2)
    wiping.simulator.phone(guid, "online")


def test_a_daily_look_never_issues_a_wipe_that_a_brake_holds(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    wiping.by_somebody_else(guid)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")
    wiping.client.hset(keys.job(action), "limits", Limits(quota=(Window(0, timedelta(days=1)),)).encoded())
    wiping.by_somebody_else(guid, cancel=True)
    wiping.held(action)
    wiping.release(action)
    assert wiping.work(action, until=lambda job: job.state is State.HELD).reason == HoldReason.QUOTA
    clears = wiping.clears(guid)
    wiping.client.hset(keys.job(action), "limits", WIDE.encoded())

    wiping.a_day_passes()
    for ring in wiping.ledger.doorbells_due(CONNECTOR):
        wiping.task(ring.job_id)

    assert (wiping.job(action).state, wiping.clears(guid)) == (State.HELD, clears)
    wiping.simulator.phone(guid, "online")


def test_cancelling_never_takes_back_a_wipe_that_somebody_else_asked_for(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    wiping.by_somebody_else(guid)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")
    claim = wiping.claim_elsewhere(action)
    assert wiping.ledger.cancel(action, by="operator") == "marked"
    wiping.ledger.defer(claim.lease, timedelta(0))

    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.CANCELLED
    assert wiping.is_pending(guid)
    wiping.simulator.phone(guid, "online")


def test_a_cancel_that_comes_after_the_acknowledgement_changes_nothing(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.phone(guid, "online")
    wiping.simulator.wait_for_device(guid, "acknowledged", timedelta(seconds=20), status="DeviceWipeSucceeded")

    assert wiping.ledger.cancel(action, by="operator") == "marked"
    job = wiping.work(action, until=settled)

    assert (job.outcome, job.phase) == (Outcome.SUCCEEDED, "acknowledged")
    assert wiping.clears(guid) == 1


def test_a_cancellation_whose_answer_is_lost_is_read_back(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.fault("drop_answer", cmdlet="Clear-MobileDevice", times=1)

    wiping.ledger.cancel(action, by="operator")
    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.CANCELLED
    assert wiping.clears(guid) == 2  # the wipe and its cancellation
    wiping.simulator.phone(guid, "online")


def test_a_cancellation_that_never_takes_effect_is_held_and_not_tried_for_ever(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.fault("refuse", cmdlet="Clear-MobileDevice", times=-1)

    wiping.ledger.cancel(action, by="operator")

    assert wiping.held(action).reason == HoldReason.CANCEL_WITHOUT_EFFECT
    assert wiping.is_pending(guid)
    wiping.simulator.control("DELETE", "/faults")
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
    wiping.simulator.phone(guid, "online")


def test_a_wipe_whose_request_was_tampered_with_is_not_taken_back_in_exchange(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    _, another = issued_to_a_phone_that_is_off(wiping)
    payload = Wipe.model_validate_json(wiping.job(another).payload).model_copy(update={"device": guid})
    wiping.client.hset(keys.job(action), "payload", payload.model_dump_json())

    wiping.ledger.cancel(action, by="operator")

    assert wiping.held(action).reason == HoldReason.CANCEL_NOT_AS_SIGNED
    assert wiping.is_pending(guid)


def test_an_issued_wipe_is_followed_though_the_key_of_its_requester_was_taken_away(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.registry.write_text(registry_text({}, deployment=DEPLOYMENT, revision=2), encoding="utf-8")

    assert wiping.look(action).state is State.WAITING
    end_well(wiping, guid, action)


def test_a_wipe_whose_requester_lost_his_key_before_it_was_issued_is_held(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    known = wiping.registry.read_text("utf-8")
    wiping.registry.write_text(registry_text({}, deployment=DEPLOYMENT, revision=2), encoding="utf-8")
    action = wiping.request(guid)

    assert wiping.held(action).reason == HoldReason.UNKNOWN_KEY
    assert wiping.clears(guid) == 0

    wiping.registry.write_text(known, encoding="utf-8")
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED


@pytest.mark.parametrize("change", ["disarm", "cancel", "disarm and cancel", "pause", "expire"])
def test_a_wipe_that_was_lost_before_its_cmdlet_is_not_issued_after_it_was_stopped(wiping: Wiping, change: str) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid, valid_for=timedelta(seconds=3 if change == "expire" else 3600))
    wiping.lose_after_begin(action, guid, send=False)
    if "disarm" in change:
        wiping.store.disarm(CONNECTOR, "actions", "boss")
    if "cancel" in change:
        wiping.ledger.cancel(action, by="boss")
    if change == "pause":
        wiping.ledger.pause(CONNECTOR, by="boss")

    job = wiping.work(action, until=lambda job: job.wait == "switch" or job.state in (State.HELD, State.SETTLED))

    assert wiping.clears(guid) == 0
    stopped = {"disarm": HoldReason.NOT_ARMED, "pause": WaitReason.KILL_SWITCH, "expire": HoldReason.UNPROVEN}
    assert stopped.get(change, Outcome.CANCELLED) == (job.outcome or job.reason)
