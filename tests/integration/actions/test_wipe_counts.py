"""How often a wipe looks, or tries, before it draws its conclusion: not once less, and not once more."""

from exconn.contracts import HoldReason
from exconn.ledger import Outcome, State
from exconn.stream import Number
from tests.support.jobs.wipe_jobs import CONNECTOR, SERVERS_DOMAIN, Wiping, issued_to_a_phone_that_is_off, settled

DEVICE, STATISTICS, CLEAR = "Get-MobileDevice", "Get-MobileDeviceStatistics", "Clear-MobileDevice"


def answer_by(wiping: Wiping, controller: str) -> None:
    """Who names no domain controller is answered by this one."""
    name = f"{controller}.corp.example"
    wiping.simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": name})


def test_two_looks_without_the_device_end_a_wipe_that_was_issued(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping, domain=SERVERS_DOMAIN)
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        session.remove_device(guid)
    answer_by(wiping, "dc2")  # beside the one that the cmdlet went to

    try:
        assert wiping.look(action).state is State.WAITING
        assert wiping.look(action).outcome == Outcome.GONE
    finally:
        answer_by(wiping, "dc1")


def test_three_looks_without_the_device_end_a_wipe_that_was_not_issued(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("not_found", cmdlet=DEVICE, times=-1)
    action = wiping.request(guid)

    assert wiping.look(action).state is State.WAITING
    answer_by(wiping, "dc2")
    try:
        assert wiping.look(action).state is State.WAITING
        assert wiping.look(action).outcome == Outcome.GONE
    finally:
        answer_by(wiping, "dc1")
    assert wiping.clears(guid) == 0


def test_two_looks_without_the_wipe_ask_a_person(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.by_somebody_else(guid, cancel=True)

    assert wiping.look(action).state is State.WAITING
    assert wiping.look(action).state is State.HELD
    wiping.ledger.cancel(action, by="operator")
    wiping.simulator.phone(guid, "online")


def test_looks_without_the_wipe_are_counted_anew_after_one_that_saw_it(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)

    for _ in range(2):
        wiping.by_somebody_else(guid, cancel=True)
        assert wiping.look(action).state is State.WAITING
        wiping.by_somebody_else(guid)
        assert wiping.look(action).state is State.WAITING

    wiping.simulator.phone(guid, "online")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED


def test_three_looks_without_statistics_ask_a_person(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("not_found", cmdlet=STATISTICS, times=-1)
    action = wiping.request(guid)

    assert wiping.look(action, times=2).state is State.WAITING
    held = wiping.look(action)
    assert (held.state, held.reason) == (State.HELD, HoldReason.NO_STATISTICS)
    assert wiping.clears(guid) == 0


def test_looks_without_statistics_are_counted_anew_after_one_that_had_them(wiping: Wiping) -> None:
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.fault("not_found", cmdlet=STATISTICS, times=4)  # two looks that each ask twice
    action = wiping.request(guid)
    wiping.stopped_by_begin(action, at_try=3)  # two looks without, and one with them
    wiping.simulator.fault("not_found", cmdlet=STATISTICS, times=4)  # two looks that each ask twice
    wiping.ledger.resume(CONNECTOR, by="boss")

    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert job.outcome == Outcome.SUCCEEDED


def test_three_cancellations_without_effect_ask_a_person_and_each_retry_makes_one_more(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.simulator.fault("says_ok", cmdlet=CLEAR, times=-1)
    wiping.ledger.cancel(action, by="operator")

    tried = []
    for _ in range(2):
        assert wiping.held(action).reason == HoldReason.CANCEL_WITHOUT_EFFECT
        cancels = [each for each in wiping.simulator.oracle("Clear-*") if each["sent"].get("Cancel") is not None]
        cancels = [each for each in cancels if each["sent"]["Identity"] == guid]
        records = [each for each in wiping.told(action, Number.ISSUING) if each.data["purpose"] == "withdraw"]
        tried.append((len(cancels), len(records)))
        wiping.ledger.retry(action, by="operator")

    assert tried == [(3, 3), (4, 4)]
    wiping.simulator.control("DELETE", "/faults")
    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
    wiping.simulator.phone(guid, "online")
