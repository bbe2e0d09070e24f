"""A feature is armed by its preflight, and by no preflight that was overtaken by a disarming."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.contracts import EndReason, Kind
from exconn.contracts.work import PreflightPolicy
from exconn.doorbell import Decision, JobTask, Running
from exconn.ledger import Job, Ledger, Outcome
from exconn.sessions import PreflightHandler
from tests.support.exchange.simulator import RunningSimulator
from tests.support.jobs.policy_jobs import CONNECTOR, Governing, make_governing

if TYPE_CHECKING:
    import redis


@pytest.fixture
def governing(redis_client: "redis.Redis", simulator: RunningSimulator) -> Iterator[Governing]:
    made = make_governing(redis_client, simulator)
    made.store.disarm(CONNECTOR, "policy", "boss")
    yield made
    simulator.control("DELETE", "/faults")
    made.sessions.close()


def preflight(governing: Governing, meanwhile: Callable[[str], None] = lambda _job: None) -> Job:
    """One preflight of policy, with something that happens right before it decides."""
    handler = PreflightHandler(sessions=governing.sessions, client=governing.client, feature="policy")

    def overtaken(running: Running) -> Decision:
        meanwhile(running.job.id)
        return handler(running)

    job_id = governing.insert(Kind.PREFLIGHT_POLICY, PreflightPolicy())
    JobTask(governing.ledger, {Kind.PREFLIGHT_POLICY: overtaken}, worker="worker", rings=lambda *_: None)(job_id)
    job = governing.ledger.job(job_id)
    assert job is not None
    return job


def armed(governing: Governing) -> tuple[str, ...]:
    return governing.store.get(CONNECTOR).armed


def test_a_preflight_that_finds_everything_arms_the_feature(governing: Governing) -> None:
    assert preflight(governing).outcome == Outcome.SUCCEEDED
    assert armed(governing) == ("policy",)


def test_a_preflight_that_misses_a_cmdlet_arms_nothing_and_names_what_to_do(governing: Governing) -> None:
    governing.simulator.fault("missing_cmdlet", cmdlet="Set-MobileDeviceMailboxPolicy", times=-1)

    job = preflight(governing)

    assert (job.outcome, armed(governing)) == (Outcome.FAILED, ())
    assert job.data["reason"] == EndReason.RIGHTS_MISSING
    assert job.data["said"]


def test_a_preflight_that_was_cancelled_while_it_ran_arms_nothing(governing: Governing) -> None:
    def cancel(job_id: str) -> None:
        governing.ledger.cancel(job_id, by="boss")

    assert preflight(governing, cancel).outcome == Outcome.CANCELLED
    assert armed(governing) == ()


class CancelledAfterTheFirstLook(Ledger):
    """A ledger in which somebody cancels right after the job was looked at."""

    looks = 0

    def job(self, job_id: str) -> Job | None:
        found = super().job(job_id)
        self.looks += 1
        if self.looks == 1:
            self.cancel(job_id, by="boss")
        return found


def test_a_preflight_that_is_cancelled_at_the_last_moment_takes_its_arming_back(governing: Governing) -> None:
    governing.ledger = CancelledAfterTheFirstLook(governing.client)

    job = preflight(governing)

    assert (job.outcome, armed(governing)) == (Outcome.CANCELLED, ())


def test_a_preflight_whose_worker_was_frozen_arms_nothing(governing: Governing) -> None:
    handler = PreflightHandler(sessions=governing.sessions, client=governing.client, feature="policy")
    unrenewed = Ledger(governing.client, lease=timedelta(minutes=1))

    def late(running: Running) -> Decision:
        running.lease.deadline -= 60
        return handler(running)

    job_id = governing.insert(Kind.PREFLIGHT_POLICY, PreflightPolicy())
    JobTask(unrenewed, {Kind.PREFLIGHT_POLICY: late}, worker="worker", rings=lambda *_: None)(job_id)

    assert armed(governing) == ()
