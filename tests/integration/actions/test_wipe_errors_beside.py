"""Errors beside the object that was asked for: what is shown is believed, and nothing is issued on such a read."""

import pytest

from exconn.contracts import HoldReason, Kind
from exconn.ledger import Outcome, State
from tests.support.jobs.wipe_jobs import Wiping, issued_to_a_phone_that_is_off, settled

DEVICES, STATISTICS, OWNERS = "Get-MobileDevice", "Get-MobileDeviceStatistics", "Get-CASMailbox"
CLEAR, SET = "Clear-MobileDevice", "Set-CASMailbox"
FOREVER = -1


def errors_beside(wiping: Wiping, *cmdlets: str) -> None:
    for cmdlet in cmdlets:
        wiping.simulator.fault("error_beside", cmdlet, times=FOREVER)


def sound_again(wiping: Wiping) -> None:
    wiping.simulator.control("DELETE", "/faults")


@pytest.mark.parametrize("cmdlet", [DEVICES, STATISTICS])
def test_a_wipe_in_exchange_is_followed_to_its_acknowledgement_beside_errors(wiping: Wiping, cmdlet: str) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    errors_beside(wiping, cmdlet)

    looked = wiping.look(action, times=2)
    wiping.simulator.phone(guid, "online")
    job = wiping.work(action, until=lambda job: job.state in (State.SETTLED, State.HELD))

    assert (looked.state, looked.phase) == (State.WAITING, "issued")
    assert (job.outcome, job.phase, wiping.clears(guid)) == (Outcome.SUCCEEDED, "acknowledged", 1)


@pytest.mark.parametrize("cmdlet", [DEVICES, STATISTICS, OWNERS])
def test_no_wipe_is_issued_on_a_read_with_errors_beside_it(wiping: Wiping, cmdlet: str) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    errors_beside(wiping, cmdlet)

    held = wiping.held(action)

    assert (held.reason, held.begun, wiping.clears(guid)) == (HoldReason.REFUSED_BY_EXCHANGE, 0, 0)
    sound_again(wiping)
    wiping.ledger.retry(action, by="operator")
    assert (wiping.work(action, until=settled).outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)


def test_a_wipe_whose_answer_is_lost_is_found_beside_errors(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("drop_answer", CLEAR)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issuing" and job.state is State.WAITING)
    errors_beside(wiping, DEVICES, STATISTICS)

    job = wiping.work(action, until=lambda job: job.phase != "issuing" or job.state is State.HELD)

    assert (job.state is State.HELD, wiping.clears(guid)) == (False, 1)


def test_a_wipe_that_a_read_with_errors_does_not_show_is_not_sent_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("transient", CLEAR)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issuing" and job.state is State.WAITING)
    errors_beside(wiping, STATISTICS)

    held = wiping.held(action)

    assert (held.reason, wiping.clears(guid)) == (HoldReason.REFUSED_BY_EXCHANGE, 0)


def test_a_wipe_is_not_taken_back_on_a_read_with_errors_beside_it(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    errors_beside(wiping, STATISTICS)
    wiping.ledger.cancel(action, by="operator")

    held = wiping.held(action)

    assert (held.reason, wiping.is_pending(guid)) == (HoldReason.CANCEL_WANTED, True)
    sound_again(wiping)
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED


def test_a_wipe_that_vanished_beside_errors_is_not_issued_anew(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.by_somebody_else(guid, cancel=True)
    errors_beside(wiping, STATISTICS)

    held = wiping.held(action)

    assert (held.reason, wiping.clears(guid)) == (HoldReason.REFUSED_BY_EXCHANGE, 2)


def test_lists_that_are_as_they_are_to_be_are_believed_beside_errors(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("drop_answer", SET)
    action = wiping.request(guid, kind=Kind.BLOCK)
    wiping.work(action, until=lambda job: job.phase == "issuing" and job.state is State.WAITING)
    errors_beside(wiping, OWNERS)

    job = wiping.work(action, until=lambda job: job.state in (State.SETTLED, State.HELD))

    assert (job.outcome, len(wiping.edits(guid))) == (Outcome.SUCCEEDED, 1)
