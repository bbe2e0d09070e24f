"""Connections that send nothing, or next to nothing, take intake from nobody."""

import time
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2
import redis

from exconn.contracts.request import RequestKind
from tests.support.machine.processes import wait_until
from tests.support.network.idle_connections import idle_connections
from tests.support.requests.signed import request_of
from tests.support.system.intake import RunningIntake

#: More than intake lets one peer have, and together more than it lets all have.
ADDRESSES = ["127.0.0.1"] * 160 + [f"127.0.0.{last}" for last in range(2, 10) for _ in range(20)]
ANSWERED_WITHIN = timedelta(seconds=2)
CLOSED_WITHIN = timedelta(seconds=25)


def test_intake_answers_throughout_and_closes_them_in_time(intake: RunningIntake, redis_client: redis.Redis) -> None:
    server = urlsplit(intake.url)
    slowest = 0.0
    answers = set()

    with idle_connections((server.hostname or "", server.port or 0), ADDRESSES) as crowd:

        def all_are_closed() -> bool:
            nonlocal slowest
            began = time.monotonic()
            answers.add(httpx2.get(f"{intake.url}/health", timeout=30).status_code)
            asked = time.monotonic()
            answers.add(intake.ask(request_of(RequestKind.PAUSE))[0])
            slowest = max(slowest, asked - began, time.monotonic() - asked)
            return crowd.left() == 0

        wait_until(all_are_closed, CLOSED_WITHIN, "all idle connections to be closed", logs=[intake.process.log])

    assert answers == {200, 202}
    assert slowest < ANSWERED_WITHIN.total_seconds()
