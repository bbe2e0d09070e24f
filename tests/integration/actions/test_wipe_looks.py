"""A wipe is followed for days: looks come ever later, and only those with news say something."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from exconn.connector.definition import Lookups
from exconn.contracts import HoldReason, Phase, WaitReason
from exconn.doorbell import JobTask
from exconn.keyspace import keys
from exconn.ledger import Job, Lease, Ledger, Outcome, State
from exconn.stream import Number, StatusMessage
from tests.support.jobs.wipe_jobs import CONNECTOR, SERVERS_DOMAIN, Wiping, settled, task_of
from tests.support.streams.records import messages_of

DAYS = timedelta(hours=72)
A_MONTH = 30
#: More than that for a wipe without an answer would drown whoever follows some hundred of them.
FEW = 20
LOOKUPS = Lookups(first=timedelta(seconds=5), longest_pause=timedelta(minutes=30), deadline=DAYS)
STATISTICS = "Get-MobileDeviceStatistics"


class HurriedLedger(Ledger):
    """A ledger on which every pause is over at once: the clock that handlers are shown has jumped by it."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.skipped = timedelta(0)
        self.pauses: list[timedelta] = []

    def time(self) -> datetime:
        return super().time() + self.skipped

    def defer(self, lease: Lease, delay: timedelta, **named: Any) -> None:
        self.pauses.append(delay)
        self.skipped += delay
        super().defer(lease, timedelta(0), **named)


class Days:
    """Days of a wipe in a minute of a test."""

    def __init__(self, wiping: Wiping) -> None:
        definition = wiping.store.definition(CONNECTOR).model_copy(update={"lookups": LOOKUPS})
        self.revision = wiping.store.apply(definition, "operator").revision
        self.wiping = wiping
        self.ledger = HurriedLedger(wiping.client, lease=timedelta(seconds=10))
        self.task: JobTask = task_of(self.ledger, wiping.handler)

    def request(self, guid: str) -> str:
        """A wipe that is followed as at a real site."""
        action = self.wiping.request(guid)
        self.wiping.client.hset(keys.job(action), "revision", self.revision)
        return action

    def pass_until(self, action: str, reached: Callable[[Job], bool]) -> Job:
        """Look whenever the wipe is due."""
        for _ in range(2000):
            job = self.wiping.job(action)
            if reached(job):
                return job
            self.task(action)
        raise AssertionError(f"{action} is {self.wiping.job(action)}")

    def messages(self, action: str) -> list[StatusMessage]:
        """Everything that was said of it."""
        return [message for message in messages_of(self.wiping.client) if message.job == action]


@pytest.fixture
def days(wiping: Wiping) -> Days:
    return Days(wiping)


def is_held(job: Job) -> bool:
    return job.state is State.HELD


def test_a_wipe_that_is_never_delivered_says_little_in_three_days(days: Days) -> None:
    guid = days.wiping.fresh_device()
    days.wiping.simulator.phone(guid, "offline")

    job = days.pass_until(days.request(guid), is_held)

    said = days.messages(job.id)
    assert job.reason == HoldReason.UNDELIVERED
    assert days.ledger.skipped >= DAYS
    assert job.looks > 150
    assert len(said) < FEW
    assert (said[-1].number, said[-1].state, said[-1].data["looks"]) == (Number.WIPE_OVERDUE, "held", job.looks)
    days.wiping.simulator.phone(guid, "online")


def test_a_wipe_that_was_sent_and_is_never_acknowledged_says_little_and_is_looked_at_ever_later(days: Days) -> None:
    guid = days.wiping.fresh_device()
    days.wiping.simulator.phone(guid, "refuse_wipe")

    job = days.pass_until(days.request(guid), is_held)

    said = days.messages(job.id)
    assert (job.reason, job.phase) == (HoldReason.UNDELIVERED, Phase.SENT)
    assert [message.number for message in said].count(Number.WIPE_SENT) == 1
    assert len(said) < FEW
    assert job.looks < 400
    assert days.ledger.pauses[-1] == LOOKUPS.longest_pause


def test_a_look_without_news_is_counted_with_its_moment_and_the_next(days: Days) -> None:
    guid = days.wiping.fresh_device()
    days.wiping.simulator.phone(guid, "offline")
    action = days.request(guid)
    before = days.pass_until(action, lambda job: job.reason == WaitReason.DEVICE_SILENT)
    said = len(days.messages(action))

    after = days.pass_until(action, lambda job: job.looks == before.looks + 10)

    assert len(days.messages(action)) == said
    assert before.looked is not None
    assert after.looked is not None
    assert after.due is not None
    assert before.looked < after.looked <= after.due
    assert after.epoch == before.epoch + 10
    days.wiping.simulator.phone(guid, "online")
    done = days.pass_until(action, settled)
    last = days.messages(action)[-1]
    assert (last.number, last.epoch, last.data["looks"]) == (Number.WIPE_ACKNOWLEDGED, done.epoch, done.looks)


def test_daily_looks_at_an_undelivered_wipe_say_nothing_until_the_phone_comes(days: Days) -> None:
    guid = days.wiping.fresh_device()
    days.wiping.simulator.phone(guid, "offline")
    action = days.pass_until(days.request(guid), is_held).id
    said = len(days.messages(action))

    for _ in range(A_MONTH):
        assert days.ledger.look_again(action)
        days.task(action)

    assert days.wiping.job(action).state is State.HELD
    assert len(days.messages(action)) == said
    days.wiping.simulator.phone(guid, "online")
    days.wiping.simulator.wait_for_device(guid, "wiped", timedelta(seconds=20), status="DeviceWipeSucceeded")
    days.ledger.look_again(action)
    days.task(action)
    assert days.wiping.job(action).outcome == Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("fault", "times", "reason"),
    # What one domain controller does not have, any one is asked for in the same look.
    [("not_found", 2, WaitReason.STATISTICS_NOT_SHOWN), ("malformed", 1, WaitReason.UNEXPECTED_FAILURE)],
)
def test_an_exchange_that_comes_and_goes_is_said_ever_more_rarely(
    days: Days, fault: str, times: int, reason: WaitReason
) -> None:
    guid = days.wiping.fresh_device(domain=SERVERS_DOMAIN)
    days.wiping.simulator.phone(guid, "offline")
    action = days.request(guid)
    days.pass_until(action, lambda job: job.reason == WaitReason.DEVICE_SILENT)
    said, looks = len(days.messages(action)), days.wiping.job(action).looks

    reasons = []
    for _ in range(30):
        days.wiping.simulator.fault(fault, cmdlet=STATISTICS, times=times)
        for _ in range(2):
            days.task(action)
            reasons.append(days.wiping.job(action).reason)

    assert reasons == [reason, WaitReason.DEVICE_SILENT] * 30
    assert days.wiping.job(action).looks == looks + 60
    assert len(days.messages(action)) - said <= 8
    days.wiping.simulator.phone(guid, "online")
