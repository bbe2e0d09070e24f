"""Intake knows whether it still hears the queue of requests, and takes requests over HTTP meanwhile."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import redis

from exconn.keyspace import keys
from tests.support.machine.processes import ChildProcesses, wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.network.proxy import Proxy
from tests.support.requests.signed import request_of
from tests.support.system.intake import start_intake

WITHIN = timedelta(seconds=30)
#: Longer than the queue of this test may be unheard without a word.
LATER = timedelta(seconds=4)


def test_a_door_that_hears_its_canaries_no_more_is_told_and_does_not_close_the_other_one(
    processes: ChildProcesses,
    tmp_path: Path,
    valkey_server: RestartableValkey,
    redis_url: str,
    redis_client: redis.Redis,
    armed_connector: None,
) -> None:
    with Proxy(valkey_server.port) as proxy:
        broker = {"EXCONN_BROKER_URL": proxy.url}
        module = "tests.support.system.hurried_intake"
        intake = start_intake(processes, tmp_path, redis_url, env=broker, module=module)

        def health() -> tuple[int, Any]:
            answer = httpx2.get(f"{intake.url}/health", timeout=10)
            return answer.status_code, answer.json()

        started = intake.process.log.stat().st_mtime
        wait_until(lambda: _now(redis_client) > started + LATER.total_seconds(), WITHIN, "the first time-out to end")
        wait_until(lambda: health() == (200, {"status": "ok"}), WITHIN, "canaries that come through")
        proxy.refuse()
        wait_until(lambda: "door" in health()[1], WITHIN, "intake to say so", logs=[intake.process.log])
        status, _ = health()
        accepted, _ = intake.ask(request_of())
        proxy.refuse(refusing=False)
        wait_until(lambda: health() == (200, {"status": "ok"}), WITHIN, "canaries again", logs=[intake.process.log])

    assert (status, accepted) == (200, 202)
    assert redis_client.xlen(keys.DEAD_LETTERS) == 0


def _now(client: redis.Redis) -> float:
    return float(client.time()[0])
