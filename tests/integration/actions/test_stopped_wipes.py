"""What brakes stop costs Exchange nothing: the worker opens no session for it, and an allow passes meanwhile."""

from datetime import timedelta

from exconn.contracts import HoldReason, Kind
from exconn.ledger import Job, Limits, Outcome, State, Window
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, settled
from tests.support.machine.processes import wait_until

A_DAY = timedelta(days=1)
WIDE = (Window(1000, A_DAY),)


def is_stopped(job: Job) -> bool:
    return job.wait == "switch"


def asked_of_exchange(wiping: Wiping) -> tuple[int, int]:
    """How many sessions were opened there so far, and how many cmdlets were sent."""
    counters = wiping.simulator.counters()
    return int(counters["requests"].get("Create", 0)), sum(counters["cmdlets"].values())


def test_while_the_switch_is_on_wipes_wait_without_a_session_to_exchange_and_an_allow_passes(wiping: Wiping) -> None:
    phones, allowed = [wiping.fresh_device() for _ in range(3)], wiping.fresh_device()
    wiping.ledger.pause(CONNECTOR, by="boss")
    wipes = [wiping.request(guid) for guid in phones]
    before = asked_of_exchange(wiping)

    for wipe in wipes:
        wiping.work(wipe, until=is_stopped)

    assert asked_of_exchange(wiping) == before
    assert [wiping.job(wipe).tries for wipe in wipes] == [0, 0, 0]

    allow = wiping.request(allowed, kind=Kind.ALLOW)
    assert wiping.work(allow, until=settled).outcome == Outcome.SUCCEEDED
    assert asked_of_exchange(wiping) > before

    wiping.ledger.resume(CONNECTOR, by="boss")
    assert wiping.work(wipes[0], until=settled).outcome == Outcome.SUCCEEDED


def test_of_resumed_wipes_what_is_beyond_the_quota_is_held_without_a_session_to_exchange(wiping: Wiping) -> None:
    limits = Limits(breaker=WIDE, quota=(Window(1, A_DAY),), fleet_floor=1000)
    wiping.ledger.pause(CONNECTOR, by="boss")
    wipes = []
    for _ in range(3):
        wipes.append(wiping.request(wiping.fresh_device(), limits=limits))
        wiping.work(wipes[-1], until=is_stopped)
    wiping.ledger.resume(CONNECTOR, by="boss")
    due = max(due for wipe in wipes if (due := wiping.job(wipe).due))
    wait_until(lambda: wiping.ledger.time() > due, timedelta(seconds=5), "the resumed wipes to be due")
    first, *others = wipes
    wiping.task(first)
    before = asked_of_exchange(wiping)

    for wipe in others:
        wiping.task(wipe)

    assert wiping.job(first).begun == 1
    assert asked_of_exchange(wiping) == before
    assert [(wiping.job(wipe).state, wiping.job(wipe).reason) for wipe in others] == [
        (State.HELD, HoldReason.QUOTA),
        (State.HELD, HoldReason.QUOTA),
    ]
    assert [wiping.job(wipe).tries for wipe in others] == [0, 0]
