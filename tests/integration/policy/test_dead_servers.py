"""A plan whose server dies while it is applied is applied through another one."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.connector import parse_definition
from exconn.contracts import Kind
from exconn.ledger import Outcome, State
from tests.support.exchange.simulator import running_simulator
from tests.support.jobs.policy_jobs import CONNECTOR, Governing, at_rest, make_governing

if TYPE_CHECKING:
    import redis

SERVERS = [
    {"name": "EX1", "site": "Berlin", "host": "127.0.0.1"},
    {"name": "EX2", "site": "Berlin", "host": "127.0.0.2"},
]


@pytest.fixture
def governing(redis_client: "redis.Redis", tmp_path: Path) -> Iterator[Governing]:
    with running_simulator(tmp_path, devices=5, servers=json.dumps(SERVERS)) as simulator:
        made = make_governing(redis_client, simulator, tmp_path)
        made.text = made.text.replace("[exchange]\n", '[exchange]\ndomains = ["127.0.0.2"]\n')
        apply = made.handlers[Kind.POLICY_APPLY]
        quick = dataclasses.replace(apply, silence=timedelta(seconds=1))  # type: ignore[type-var]
        made.handlers = {**made.handlers, Kind.POLICY_APPLY: quick}
        made.store.apply(parse_definition(made.text), "operator")
        with made.sessions.open(CONNECTOR, "discovery") as session:
            assert session.server == "127.0.0.1"
        yield made
        made.sessions.close()


def test_a_plan_goes_on_through_another_server_once_the_silent_one_can_run_nothing_more(governing: Governing) -> None:
    job_id = governing.apply(governing.plan())
    governing.lose_after_begin(job_id, values={})
    governing.sessions.close()
    governing.simulator.control("POST", "/servers/EX1", {"state": "off"})

    waited = governing.work(job_id, until=lambda job: "silent_since" in job.notes)
    sets = governing.sets()
    done = governing.work(job_id, until=at_rest)

    assert (waited.state, sets) == (State.WAITING, 0)
    assert (done.outcome, governing.sets()) == (Outcome.SUCCEEDED, 1)
