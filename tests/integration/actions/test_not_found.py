"""A domain controller that says "not found" may have done it: nothing is sent again before it was read back."""

import pytest

from exconn.contracts import Kind
from exconn.ledger import Outcome, State
from exconn.stream import Number
from tests.support.jobs.wipe_jobs import SERVERS_DOMAIN, Wiping, issued_to_a_phone_that_is_off, settled

CLEAR, SET = "Clear-MobileDevice", "Set-CASMailbox"


def sent_to(wiping: Wiping, cmdlet: str, since: int) -> list[str | None]:
    """The domain controllers that were named in the calls that Exchange got, in order."""
    return [entry["sent"].get("DomainController") for entry in wiping.simulator.oracle(cmdlet)[since:]]


def calls(wiping: Wiping, cmdlet: str) -> int:
    """How many calls of that cmdlet Exchange has got so far."""
    return len(wiping.simulator.oracle(cmdlet))


def test_a_wipe_that_took_effect_where_it_was_not_found_is_followed_and_not_sent_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.phone(guid, "offline")
    wiping.simulator.fault("referral_after", CLEAR)
    action = wiping.request(guid)

    job = wiping.work(action, until=lambda job: job.phase == "issued")

    assert (job.begun, wiping.clears(guid), len(wiping.told(action, Number.ISSUING))) == (1, 1, 1)
    assert [message.data["read_back"] for message in wiping.told(action, Number.WIPE_ISSUED)] == [True]
    wiping.simulator.phone(guid, "online")


def test_a_wipe_that_was_not_found_begins_anew_in_a_later_claim_and_names_no_controller(wiping: Wiping) -> None:
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.fault("referral", CLEAR)
    before = calls(wiping, CLEAR)
    action = wiping.request(guid)

    between = wiping.work(action, until=lambda job: job.begun == 1 and job.state is State.WAITING)
    assert calls(wiping, CLEAR) == before + 1
    job = wiping.work(action, until=settled)

    assert between.phase == "issuing"
    assert (job.outcome, job.begun, wiping.clears(guid)) == (Outcome.SUCCEEDED, 2, 1)
    named, unnamed = sent_to(wiping, CLEAR, before)
    assert (between.pre_image["domain_controller"], job.pre_image["domain_controller"]) == (named, "")
    assert unnamed is None


@pytest.mark.parametrize(("fault", "sent"), [("referral", 2), ("referral_after", 1)])
def test_a_cancellation_that_was_not_found_is_read_back_before_it_is_sent_again(
    wiping: Wiping, fault: str, sent: int
) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping, domain=SERVERS_DOMAIN)
    wiping.simulator.fault(fault, CLEAR)
    before = calls(wiping, CLEAR)
    wiping.ledger.cancel(action, by="operator")

    between = wiping.work(action, until=lambda job: job.phase == "cancelling" and job.state is State.WAITING)
    assert calls(wiping, CLEAR) == before + 1
    job = wiping.work(action, until=settled)

    assert (job.outcome, between.notes["withdrawal_over"]) == (Outcome.CANCELLED, False)
    assert not wiping.is_pending(guid)
    named, *others = sent_to(wiping, CLEAR, before)
    assert named
    assert others == [None] * (sent - 1)
    wiping.simulator.phone(guid, "online")


@pytest.mark.parametrize(("fault", "begun"), [("referral", 2), ("referral_after", 1)])
def test_a_block_that_was_not_found_is_read_back_before_it_is_sent_again(
    wiping: Wiping, fault: str, begun: int
) -> None:
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.fault(fault, SET)
    before = calls(wiping, SET)
    action = wiping.request(guid, kind=Kind.BLOCK)

    wiping.work(action, until=lambda job: job.begun == 1 and job.state is State.WAITING)
    assert calls(wiping, SET) == before + 1
    job = wiping.work(action, until=settled)

    assert (job.outcome, job.begun, len(wiping.edits(guid))) == (Outcome.SUCCEEDED, begun, 1)
    named, *others = sent_to(wiping, SET, before)
    assert named
    assert others == [None] * (begun - 1)
