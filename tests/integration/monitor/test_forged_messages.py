"""A service that has fallen writes messages of its own: what they claim decides nothing that others decide."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from exconn.keyspace import keys
from exconn.signing import new_signing_key
from exconn.stream import Number
from tests.integration.monitor.watched import LONG, Watched, watching


@pytest.fixture
def watched(redis_client: redis.Redis, tmp_path: Path) -> Iterator[Watched]:
    key = new_signing_key().private.public_key()
    with watching(redis_client, tmp_path / "monitor.db", key) as made:
        yield made


def ms_from_now(after: timedelta) -> int:
    return int((time.time() + after.total_seconds()) * 1000)


def says_ended(watched: Watched, job: str, number: Number, outcome: str, at: timedelta) -> None:
    """A message that the action ended before it began, which needs no signature of a worker."""
    date, told = ms_from_now(at), {"outcome": outcome}
    watched.writer.message(number, job=job, kind="wipe", state="settled", phase="accepted", at_ms=date, data=told)


@pytest.mark.parametrize("at", [timedelta(hours=-25), timedelta(0), timedelta(days=900)])
def test_a_forged_end_is_found_whatever_its_date(watched: Watched, at: timedelta) -> None:
    job = watched.wipe()
    watched.project()
    says_ended(watched, job, Number.JOB_CANCELLED, "cancelled", at)

    assert watched.found(LONG) == ["job-differs"]


def test_an_end_for_its_time_is_found_where_the_request_is_still_valid_though_its_date_is_later(
    watched: Watched,
) -> None:
    job = watched.wipe()
    watched.project()
    says_ended(watched, job, Number.JOB_EXPIRED, "expired", timedelta(hours=2))
    watched.client.delete(keys.job(job))

    assert watched.found(LONG) == ["job-differs"]
    assert "still valid" in watched.texts()[0]


def test_no_message_is_from_a_time_to_come(watched: Watched) -> None:
    job = watched.wipe()
    watched.writer.message(
        Number.JOB_RELEASED, job=job, kind="wipe", state="queued", phase="accepted", at_ms=ms_from_now(timedelta(9))
    )

    assert watched.row(job)["changed_at"].timestamp() < time.time() + 1


@pytest.mark.parametrize("kind", ["", "sweep", "block"])
def test_an_end_under_another_kind_is_named_and_not_shown(watched: Watched, kind: str) -> None:
    job = watched.wipe()
    watched.project()
    watched.writer.message(
        Number.WIPE_ACKNOWLEDGED,
        job=job,
        kind=kind,
        state="settled",
        phase="acknowledged",
        data={"outcome": "succeeded"},
    )

    assert watched.found(0) == ["record-not-signed"]
    assert "kind" in watched.texts()[0]
    assert (watched.row(job)["state"], watched.row(job)["phase"]) == ("queued", "accepted")


def test_a_sweep_that_names_an_action_as_its_own_changes_nothing_of_it(watched: Watched) -> None:
    job = watched.wipe()
    before = watched.row(job)
    watched.writer.message(
        Number.SWEEP_STARTED, state="settled", phase="acknowledged", data={"sweep": job, "outcome": "succeeded"}
    )

    assert watched.row(job) == before
    assert watched.found(0) == ["record-not-signed"]


@pytest.mark.parametrize("kind", ["wipe", ""])
@pytest.mark.parametrize("has_key", [True, False], ids=["with a key", "without a key"])
def test_an_action_that_is_asked_for_again_stays_as_it_was_asked_for(
    watched: Watched, kind: str, has_key: bool
) -> None:
    if not has_key:
        watched.actions_key = None
        watched.restart()
    job = watched.wipe()
    before = watched.row(job)
    watched.writer.queued(job, kind, device="another", valid_until=1)

    assert watched.row(job) == before
    assert watched.found(0) == ["record-not-signed"]


def test_what_is_taken_back_late_is_checked_as_well(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    job = watched.wipe()
    before = watched.row(job)
    fields = {"v": "2", "seq": str(watched.client.incr(keys.SEQUENCE)), "connector": "demo", "at": "1", "job": job}
    end = {"n": str(int(Number.WIPE_ACKNOWLEDGED)), "kind": "wipe", "state": "settled", "phase": "acknowledged"}
    watched.writer.raw_message(fields | end | {"data": json.dumps({"outcome": "succeeded"})})
    watched.project()
    monkeypatch.setattr("exconn.stream.message.FORMAT", 2)
    watched.restart()

    assert watched.row(job) == before
    assert watched.found(0) == ["record-not-signed"]
