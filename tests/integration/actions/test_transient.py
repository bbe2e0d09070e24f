"""An Exchange that could not do it just now, or did it and reported an error: no wipe waits for a person over it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from exconn.actions.context import MOST_TRANSIENT
from exconn.actions.send import MOST_UNCLEAR
from exconn.contracts import EndReason, HoldReason, Kind, WaitReason
from exconn.keyspace import keys
from exconn.ledger import Outcome, State
from exconn.stream import Number
from tests.support.exchange.stale_reads import VeiledSessions
from tests.support.jobs.wipe_jobs import SERVERS_DOMAIN, Wiping, issued_to_a_phone_that_is_off, settled, task_of

CLEAR, SET = "Clear-MobileDevice", "Set-CASMailbox"
READS = ["Get-MobileDevice", "Get-MobileDeviceStatistics", "Get-CASMailbox"]


def was_ever_held(wiping: Wiping, action: str) -> bool:
    return bool(wiping.told(action, Number.JOB_HELD))


@pytest.mark.parametrize("cmdlet", [*READS, CLEAR])
def test_an_error_that_passes_holds_no_wipe(wiping: Wiping, cmdlet: str) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("transient", cmdlet)

    action = wiping.request(guid)
    job = wiping.work(action, until=settled)

    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)
    assert not was_ever_held(wiping, action)
    assert wiping.simulator.control("GET", "/faults")["faults"] == []


def test_a_read_that_fails_for_now_says_so_and_waits(wiping: Wiping) -> None:
    wiping.simulator.fault("transient", "Get-MobileDevice", times=-1)

    job = wiping.look(wiping.request(wiping.fresh_device()), times=3)

    assert (job.state, job.reason, job.notes["transient"]) == (State.WAITING, WaitReason.TRANSIENT, 3)


@pytest.mark.parametrize("fault", ["transient_after", "error_and_success"])
def test_a_wipe_that_took_effect_and_reported_an_error_is_followed_and_not_sent_again(
    wiping: Wiping, fault: str
) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault(fault, CLEAR)

    action = wiping.request(guid)
    job = wiping.work(action, until=settled)

    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)
    assert [message.data["read_back"] for message in wiping.told(action, Number.WIPE_ISSUED)] == [True]
    assert not was_ever_held(wiping, action)


def test_a_refusal_is_said_only_once_and_a_retry_sends_the_wipe(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("error", CLEAR)
    action = wiping.request(guid)

    held = wiping.held(action)

    assert (held.reason, str(held.data["said"]).rpartition(".")[2]) == (
        HoldReason.REFUSED_BY_EXCHANGE,
        "ADOperationException",
    )
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def test_errors_without_end_ask_a_person_in_the_end(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("transient", CLEAR, times=-1)
    action = wiping.request(guid)
    wiping.client.hset(keys.job(action), "notes", json.dumps({"unclear": MOST_UNCLEAR - 2}))

    held = wiping.held(action)

    assert (held.reason, held.data["times"], held.begun) == (HoldReason.NO_CLEAR_ANSWER, MOST_UNCLEAR, 2)
    wiping.simulator.control("DELETE", "/faults")
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED


def test_a_wipe_that_cannot_be_read_back_in_its_time_is_unproven(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("drop_answer", CLEAR)
    action = wiping.request(guid, valid_for=timedelta(seconds=3))
    wiping.work(action, until=lambda job: job.reason == WaitReason.ANSWER_UNCLEAR)
    wiping.simulator.fault("transient", READS[0], times=-1)

    held = wiping.held(action)

    assert (held.reason, held.data["cause"]) == (HoldReason.UNPROVEN, EndReason.TIME_PASSED)
    assert wiping.ledger.time() >= (held.valid_until or held.created)
    wiping.simulator.control("DELETE", "/faults")
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


@pytest.mark.parametrize(
    ("fault", "cmdlet"),
    [("transient", READS[1]), ("not_found", READS[0]), ("refuse", "*"), ("unauthorized", "*")],
)
def test_a_wipe_that_exchange_could_not_answer_in_its_time_expires_and_is_not_sent(
    wiping: Wiping, fault: str, cmdlet: str
) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault(fault, cmdlet, times=-1)
    action = wiping.request(guid, valid_for=timedelta(seconds=1))

    job = wiping.work(action, until=settled)

    assert (job.outcome, job.phase, job.begun) == (Outcome.EXPIRED, "closed", 0)
    assert wiping.ledger.time() >= (job.valid_until or job.created)
    assert (wiping.clears(guid), was_ever_held(wiping, action)) == (0, False)


def test_errors_before_an_action_began_are_not_counted_against_the_controller_where_it_began(wiping: Wiping) -> None:
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.fault("transient", READS[1], times=MOST_TRANSIENT)
    # A worker that is lost after `begin` leaves notes as they were then.
    wiping.simulator.fault("missing_cmdlet", CLEAR)

    action = wiping.request(guid)
    job = wiping.work(action, until=lambda job: job.begun == 1 and job.state is not State.CLAIMED)

    assert (job.phase, job.notes["transient"]) == ("issuing", 0)


def test_a_domain_controller_that_stays_away_is_given_up_after_a_while(wiping: Wiping) -> None:
    away: list[str] = []
    sessions = VeiledSessions(
        wiping.client, fails=lambda command: str(command.parameters.get("DomainController")) in away
    )
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, sessions=sessions))
    _, action = issued_to_a_phone_that_is_off(wiping, domain=SERVERS_DOMAIN)
    away.append(str(wiping.job(action).pre_image["domain_controller"]))

    waited_for = wiping.look(action, times=MOST_TRANSIENT)
    wiping.simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": "dc2.corp.example"})
    try:
        found = wiping.look(action)
    finally:
        wiping.simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": "dc1.corp.example"})
        sessions.close()

    assert (waited_for.reason, found.reason) == (WaitReason.TRANSIENT, WaitReason.DEVICE_SILENT)
    assert waited_for.notes["transient"] == MOST_TRANSIENT


def test_a_cancellation_without_an_answer_is_not_kept_by_a_domain_controller_that_stays_away(wiping: Wiping) -> None:
    away: list[str] = []
    sessions = VeiledSessions(
        wiping.client, fails=lambda command: str(command.parameters.get("DomainController")) in away
    )
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, sessions=sessions))
    guid, action = issued_to_a_phone_that_is_off(wiping, domain=SERVERS_DOMAIN)
    wiping.simulator.fault("drop_answer", CLEAR)
    wiping.ledger.cancel(action, by="operator")
    wiping.work(action, until=lambda job: job.phase == "cancelling" and job.state is State.WAITING)
    away.append(str(wiping.job(action).pre_image["domain_controller"]))

    waited_for = wiping.look(action, times=MOST_TRANSIENT)
    wiping.simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": "dc2.corp.example"})
    try:
        job = wiping.look(action)
    finally:
        wiping.simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": "dc1.corp.example"})
        sessions.close()

    assert (waited_for.state, waited_for.reason) == (State.WAITING, WaitReason.TRANSIENT)
    assert (job.outcome, wiping.is_pending(guid)) == (Outcome.CANCELLED, False)
    wiping.simulator.phone(guid, "online")


@pytest.mark.parametrize("fault", ["transient", "transient_after", "error_and_success"])
def test_a_cancellation_that_reports_an_error_is_read_back(wiping: Wiping, fault: str) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.fault(fault, CLEAR)

    wiping.ledger.cancel(action, by="operator")
    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.CANCELLED
    assert not wiping.is_pending(guid)
    assert not was_ever_held(wiping, action)
    wiping.simulator.phone(guid, "online")


def test_a_cancellation_that_exchange_refuses_asks_a_person(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.fault("error", CLEAR)

    wiping.ledger.cancel(action, by="operator")

    assert wiping.held(action).reason == HoldReason.CANCEL_REFUSED
    assert wiping.is_pending(guid)
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
    wiping.simulator.phone(guid, "online")


@pytest.mark.parametrize(
    ("cmdlet", "fault"),
    [("Get-CASMailbox", "transient"), (SET, "transient"), (SET, "transient_after"), (SET, "error_and_success")],
)
def test_a_block_amid_errors_is_made_once(wiping: Wiping, cmdlet: str, fault: str) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault(fault, cmdlet)

    action = wiping.request(guid, kind=Kind.BLOCK)
    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.SUCCEEDED
    assert len(wiping.edits(guid)) == 1
    assert not was_ever_held(wiping, action)


def test_a_wipe_that_is_followed_amid_errors_reaches_its_acknowledgement(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.fault("transient", "Get-MobileDeviceStatistics", times=4)

    assert wiping.look(action, times=4).reason == WaitReason.TRANSIENT
    wiping.simulator.phone(guid, "online")

    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert not was_ever_held(wiping, action)
