"""A wipe that had begun, and of which Exchange does not tell whether it was done, is for a person."""

from datetime import timedelta

import pytest

from exconn.contracts import EndReason, HoldReason, RefuseReason
from exconn.ledger import Outcome, State
from tests.support.jobs.wipe_jobs import SERVERS_DOMAIN, Wiping, fingerprint_of, settled

SOON = timedelta(seconds=20)


def erased_while_its_worker_was_frozen(wiping: Wiping) -> str:
    """The action: the wipe was done, and its owner enrolled the phone again before the next worker came."""
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    action = wiping.request(guid, known=fingerprint_of(wiping, guid))
    wiping.lose_after_begin(action, guid, send=True)
    wiping.simulator.wait_for_device(guid, "erased", SOON, status="DeviceWipeSucceeded")
    wiping.simulator.phone(guid, "enrol", form="same_object")
    hide_from_the_next_read_back(wiping)
    return action


def hide_from_the_next_read_back(wiping: Wiping) -> None:
    """Exchange does not show the device while it is read back: two reads, each on one domain controller and on any."""
    wiping.simulator.fault("not_found", cmdlet="Get-MobileDevice", times=4)


@pytest.mark.slow
def test_a_phone_that_was_erased_and_enrolled_again_is_not_on_record_as_refused(wiping: Wiping) -> None:
    action = erased_while_its_worker_was_frozen(wiping)

    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert (job.state, job.reason) == (State.HELD, HoldReason.UNPROVEN)
    assert job.data["cause"] == RefuseReason.ACKNOWLEDGED_SINCE
    wiping.release(action)
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(job.device) == 1


@pytest.mark.slow
def test_a_person_closes_what_cannot_be_proven_and_the_record_says_so(wiping: Wiping) -> None:
    action = erased_while_its_worker_was_frozen(wiping)
    job = wiping.held(action)

    hide_from_the_next_read_back(wiping)
    wiping.ledger.cancel(action, by="boss")
    closed = wiping.work(action, until=settled)

    assert (closed.outcome, closed.data["reason"]) == (Outcome.CANCELLED, EndReason.NOT_PROVEN)
    assert wiping.clears(job.device) == 1


@pytest.mark.slow
def test_a_request_that_cannot_be_verified_any_more_after_it_began_is_a_person_s(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid, forged=True)
    wiping.lose_after_begin(action, guid, send=False)

    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert (job.reason, job.data["cause"]) == (HoldReason.UNPROVEN, RefuseReason.NOT_AS_SIGNED)
    assert wiping.clears(guid) == 0
