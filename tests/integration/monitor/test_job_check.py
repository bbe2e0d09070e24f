"""An action that somebody changed in the ledger, or took out of it, is found by what its messages tell."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from exconn.connector.definition import LONGEST_PAUSE
from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import Outcome, Stopped
from exconn.monitor.projector.job_check import CHECK_EVERY, STANDS_FOR
from tests.integration.monitor.watched import LONG, Watched, watching
from tests.support.streams.written import WRITTEN


@pytest.fixture
def watched(redis_client: redis.Redis, tmp_path: Path) -> Iterator[Watched]:
    with watching(redis_client, tmp_path / "monitor.db") as made:
        yield made


def test_an_action_that_goes_its_way_is_no_finding(watched: Watched) -> None:
    job = watched.wipe()
    assert watched.found(LONG) == []
    claim = watched.ledger.claim(job, "worker")
    assert claim is not None
    watched.ledger.begin(claim.lease)
    assert watched.found(LONG) == []
    watched.ledger.settle(claim.lease, Outcome.SUCCEEDED, phase="issued")
    assert watched.found(LONG) == []


def test_a_difference_is_a_finding_within_a_minute() -> None:
    assert timedelta(minutes=1) >= CHECK_EVERY * 2 + STANDS_FOR


@pytest.mark.parametrize("field", [{"state": "settled"}, {"phase": "sent"}], ids=["ended", "sent"])
def test_an_open_action_that_somebody_changed_is_found(watched: Watched, field: dict[str, str]) -> None:
    job = watched.wipe()
    watched.found(0)
    for name, value in field.items():
        watched.client.hset(keys.job(job), name, value)

    assert watched.found(LONG - 1) == []
    assert watched.found(LONG) == ["job-differs"]


def test_an_accepted_action_that_vanished_is_found(watched: Watched) -> None:
    job = watched.wipe()
    watched.found(0)
    watched.client.delete(keys.job(job))

    watched.now += LONG
    assert watched.found(LONG) == ["job-differs"]


def test_an_action_that_ended_and_is_put_back_is_found_and_one_that_was_retired_is_not(watched: Watched) -> None:
    job = watched.wipe()
    watched.ledger.cancel(job, by="boss")
    assert watched.found(LONG) == []
    watched.client.delete(keys.job(job))
    watched.now += LONG
    assert watched.found(LONG) == []
    watched.client.hset(keys.job(job), "state", "queued")

    watched.now += LONG
    assert watched.found(LONG) == ["job-differs"]


@pytest.mark.parametrize(
    "field",
    [{"state": "held"}, {"state": "waiting", "wait": "children"}, {"state": "waiting", "wait": "switch"}],
    ids=["held", "for nothing", "for a switch that is off"],
)
def test_an_open_action_with_which_nobody_goes_on_is_found(watched: Watched, field: dict[str, str]) -> None:
    job = watched.wipe()
    watched.found(0)
    for name, value in field.items():
        watched.client.hset(keys.job(job), name, value)

    assert watched.found(LONG - 1) == []
    assert watched.found(LONG) == ["job-differs"]


@pytest.mark.parametrize("due", [None, 4_000_000_000_000], ids=["never", "in a hundred years"])
def test_an_action_that_is_never_due_is_found(watched: Watched, due: int | None) -> None:
    job = watched.wipe()
    watched.found(0)
    if due is None:
        watched.client.zrem(keys.due("actions", "demo"), job)
    else:
        watched.client.zadd(keys.due("actions", "demo"), {job: due})

    watched.now += LONG
    assert watched.found(LONG) == ["job-differs"]


def test_one_that_waits_as_long_as_a_definition_can_have_it_wait_is_no_finding(watched: Watched) -> None:
    claim = watched.ledger.claim(watched.wipe(), "worker")
    assert claim is not None
    watched.ledger.defer(claim.lease, LONGEST_PAUSE)

    assert watched.found(LONG) == []


def test_actions_that_wait_for_a_person_or_the_switch_are_no_finding(watched: Watched) -> None:
    held, stopped = watched.wipe(), watched.wipe("two", "d2")
    claim = watched.ledger.claim(held, "worker")
    assert claim is not None
    watched.ledger.hold(claim.lease, HoldReason.NO_MAILBOX)
    watched.ledger.pause("demo", by="boss")
    assert watched.ledger.claim(stopped, "worker") is None
    watched.found(0)

    watched.now += LONG
    assert watched.found(LONG) == []


def test_an_action_that_was_cancelled_without_a_word_of_intake_is_found(watched: Watched) -> None:
    job = watched.wipe()
    watched.ledger.cancel(job, by="boss")
    watched.found(0)
    watched.client.delete(keys.cancelled(job))

    watched.now += LONG
    assert watched.found(LONG) == ["job-differs"]


def test_an_action_that_ran_out_before_its_time_is_found(watched: Watched) -> None:
    job = watched.wipe()
    watched.found(0)
    watched.client.hset(keys.job(job), "valid_until", "1")
    claim = watched.ledger.claim(job, "worker")
    assert claim is not None
    with pytest.raises(Stopped, match="expired"):
        watched.ledger.begin(claim.lease)

    watched.found(0)
    watched.now += LONG
    assert watched.found(LONG) == ["job-differs"]


def test_an_open_action_of_a_connector_that_looks_removed_is_found(watched: Watched) -> None:
    watched.wipe()
    watched.found(0)
    watched.client.hset(keys.CONNECTORS, mapping={"demo": '{"state": "removed"}', "odd": "no JSON"})

    watched.now += LONG
    assert watched.found(LONG) == ["job-differs"]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_state_that_cannot_be_read_keeps_no_action_from_the_check(watched: Watched, text: str) -> None:
    job = watched.wipe()
    watched.found(0)
    watched.client.delete(keys.job(job))
    watched.client.hset(keys.CONNECTORS, "odd", text)

    watched.now += LONG
    assert watched.found(LONG) == ["job-differs"]
