"""The coordinator's user moves no clock: what brakes have counted, leases and ends stay what they are."""

import contextlib
from collections.abc import Callable
from datetime import timedelta

import pytest
import redis

from exconn.contracts import HoldReason
from exconn.keyspace import connect
from exconn.ledger import Lease, Ledger, Limits, Stopped, Window
from tests.conformance.access.conftest import Guarded
from tests.conformance.ledger.scene import a_wipe

NAME = "moved"
A_DAY, A_YEAR = timedelta(days=1), timedelta(days=366)
ONE_A_DAY = Limits(breaker=(Window(1, A_DAY),), quota=(Window(9, A_DAY),), fleet_floor=1)


@pytest.fixture
def move(guarded: Guarded) -> Callable[[timedelta], None]:
    """What the coordinator's user can try to have the ledger's clock go forward."""
    client = connect(guarded.url("coordinator", "ledger"))

    def forward(by: timedelta) -> None:
        seconds, _ = client.time()
        least = int((Ledger(client).time() + by).timestamp() * 1000)
        for name, value in {"ahead": least - seconds * 1000, "least": least}.items():
            with contextlib.suppress(redis.exceptions.NoPermissionError):
                client.hset("exconn:clock", name, str(value))

    return forward


@pytest.fixture
def intake(guarded: Guarded) -> Ledger:
    found = Ledger(connect(guarded.url("intake", "ledger")))
    found.resume(NAME, by="boss")
    return found


@pytest.fixture
def actions(guarded: Guarded) -> Ledger:
    return Ledger(connect(guarded.url("actions", "ledger")), lease=timedelta(minutes=5))


def claimed(intake: Ledger, actions: Ledger, key: str) -> Lease:
    """A wipe by another requester, under a limit that lets one through a day, though insert would have held it."""
    job = intake.insert(a_wipe(key, connector=NAME, requester=key)).job_id
    claim = actions.claim(job, "one")
    assert claim is not None
    return claim.lease


def test_the_day_of_a_limit_is_not_over_sooner(
    intake: Ledger, actions: Ledger, move: Callable[[timedelta], None]
) -> None:
    first, second = (claimed(intake, actions, key) for key in ("a", "b"))
    actions.begin(first, limits=ONE_A_DAY)

    move(A_DAY)

    assert actions.renew(second)
    with pytest.raises(Stopped) as stopped:
        actions.begin(second, limits=ONE_A_DAY)
    assert stopped.value.reason == HoldReason.BREAKER


def test_a_worker_keeps_the_action_that_it_is_about_to_issue(
    intake: Ledger, actions: Ledger, move: Callable[[timedelta], None]
) -> None:
    lease = claimed(intake, actions, "c")

    move(timedelta(hours=1))

    assert actions.claim(lease.job_id, "two") is None
    actions.begin(lease)
    move(timedelta(hours=2))
    assert actions.claim(lease.job_id, "two") is None
    job = actions.job(lease.job_id)
    assert job is not None
    assert (job.begun, job.crashes) == (1, 0)


def test_the_ledger_says_the_time_of_its_server(intake: Ledger, move: Callable[[timedelta], None]) -> None:
    before = intake.time()

    move(A_YEAR)
    move(-A_YEAR)

    assert timedelta(0) <= intake.time() - before < A_DAY
