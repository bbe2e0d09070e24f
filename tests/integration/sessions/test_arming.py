"""A feature is armed by its preflight, and by no preflight that was overtaken by a disarming."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.contracts import EndReason, Kind, WaitReason
from exconn.contracts.reason_texts import reason_text
from exconn.contracts.work import PreflightPolicy
from exconn.doorbell import Decision, JobTask, Running
from exconn.ledger import Job, Ledger, Outcome, State
from exconn.sessions import PreflightHandler
from exconn.sessions.arming import PATIENCE
from exconn.stream import Number
from tests.support.exchange.simulator import RunningSimulator
from tests.support.jobs.policy_jobs import CONNECTOR, Governing, make_governing

if TYPE_CHECKING:
    import redis


@pytest.fixture
def governing(redis_client: "redis.Redis", simulator: RunningSimulator, tmp_path: Path) -> Iterator[Governing]:
    made = make_governing(redis_client, simulator, tmp_path)
    made.store.disarm(CONNECTOR, "policy", "boss")
    yield made
    simulator.control("DELETE", "/faults")
    simulator.control("DELETE", "/roles")
    made.sessions.close()


SET = "Set-MobileDeviceMailboxPolicy"


def handler_of(governing: Governing) -> PreflightHandler:
    return PreflightHandler(sessions=governing.sessions, client=governing.client, feature="policy")


def look(governing: Governing, job_id: str, ledger: Ledger | None = None) -> Job:
    """One claim of a preflight that was asked for, whenever it would be due."""
    governing.ledger.retry(job_id, by="boss")
    handlers = {Kind.PREFLIGHT_POLICY: handler_of(governing)}
    JobTask(ledger or governing.ledger, handlers, worker="worker", rings=lambda *_: None)(job_id)
    job = governing.ledger.job(job_id)
    assert job is not None
    return job


def preflight(governing: Governing, meanwhile: Callable[[str], None] = lambda _job: None) -> Job:
    """One preflight of policy, with something that happens right before it decides."""
    handler = handler_of(governing)

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


def test_a_preflight_that_misses_a_cmdlet_waits_and_says_for_what_and_since_when(governing: Governing) -> None:
    governing.simulator.rights("policy", without=[SET])
    job_id = governing.insert(Kind.PREFLIGHT_POLICY, PreflightPolicy())

    first, second = look(governing, job_id), look(governing, job_id)

    assert (first.state, first.reason) == (State.WAITING, WaitReason.RIGHTS_NOT_SHOWN_YET)
    text = reason_text(first.reason, first.data)
    assert f"since {first.data['since']} the account is not shown all that policy needs" in text
    assert f"{SET} is missing." in text
    assert second.data["since"] == first.data["since"]
    assert Number.PREFLIGHT_WAITS in governing.told(job_id)
    assert armed(governing) == ()


def test_rights_that_were_replicated_meanwhile_are_seen_in_a_new_session(governing: Governing) -> None:
    governing.simulator.rights("policy", without=[SET])
    job_id = governing.insert(Kind.PREFLIGHT_POLICY, PreflightPolicy())
    assert look(governing, job_id).state is State.WAITING

    governing.simulator.rights("policy")

    assert look(governing, job_id).outcome == Outcome.SUCCEEDED
    assert armed(governing) == ("policy",)


class AQuarterOfAnHourLater(Ledger):
    """A ledger whose clock has gone on."""

    def time(self) -> datetime:
        return super().time() + PATIENCE


def test_a_preflight_gives_up_after_a_quarter_of_an_hour_and_names_what_to_do(governing: Governing) -> None:
    governing.simulator.rights("policy", without=[f"{SET} -PasswordEnabled"])
    job_id = governing.insert(Kind.PREFLIGHT_POLICY, PreflightPolicy())
    look(governing, job_id)

    job = look(governing, job_id, AQuarterOfAnHourLater(governing.client))

    assert (job.outcome, armed(governing)) == (Outcome.FAILED, ())
    assert job.data["reason"] == EndReason.RIGHTS_MISSING
    assert "Add PasswordEnabled to the entry" in str(job.data["said"])


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
