"""What operators see and may do from outside: Flower's view, and control messages that only look."""

import json
import os
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from exconn.contracts import task_id
from exconn.doorbell import create_app
from exconn.ledger import Outcome
from tests.integration.doorbell.conftest import WITHIN, System
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import free_port

#: Control messages that would stop, change or empty a worker, with arguments that a stock worker takes.
HARMFUL: dict[str, dict[str, Any]] = {
    "shutdown": {},
    "pool_shrink": {"n": 1},
    "pool_grow": {"n": 5},
    "pool_restart": {},
    "autoscale": {"max": 0, "min": 0},
    "rate_limit": {"task_name": "exconn.echo", "rate_limit": "1/h"},
    "time_limit": {"task_name": "exconn.echo", "hard": 0.001},
    "cancel_consumer": {"queue": "exconn.discovery.one"},
    "add_consumer": {"queue": "exconn.actions.one"},
    "election": {"id": "x", "topic": "y"},
    "disable_events": {},
}


def replies(ask: Callable[[], Any], system: System) -> Any:
    return wait_until(ask, WITHIN, "an answer of the worker", logs=system.processes.logs)


def test_control_messages_may_look_but_not_change_anything(system: System) -> None:
    worker = system.worker()
    app = create_app("operator", broker_url=system.server.url)
    name = f"discovery.{worker.pid}@{os.uname().nodename}"
    assert replies(lambda: app.control.inspect(timeout=2).ping(), system) == {name: {"ok": "pong"}}
    ring = system.insert("after all")

    app.control.revoke(task_id(ring.job_id, ring.ring), terminate=True)
    for command, arguments in HARMFUL.items():
        app.control.broadcast(command, arguments=arguments)
    lines = [f"control command refused command={command}" for command in ("revoke", *HARMFUL)]
    worker.wait_until(lambda: all(line in worker.log.read_text() for line in lines), WITHIN, "refusing them all")
    system.bell.ring(ring, "one")

    assert system.settled(ring.job_id).outcome == Outcome.SUCCEEDED
    assert worker.exit_code is None
    queues = replies(lambda: app.control.inspect(timeout=2).active_queues(), system)
    own = f"exconn.discovery.canary@{os.uname().nodename}/{worker.pid}"
    assert {queue["name"] for queue in queues[name]} == {"exconn.discovery.one", own}
    assert set((app.control.inspect(timeout=2).conf() or {})[name]) == {"error"}
    stats = replies(lambda: app.control.inspect(timeout=2).stats(), system)
    assert stats[name]["pool"]["max-concurrency"] == 1


def test_a_worker_answers_to_its_own_tasks_echo_and_canaries_alone(system: System) -> None:
    worker = system.worker()
    app = create_app("operator", broker_url=system.server.url)

    def ask() -> Any:
        return app.control.broadcast("registered", arguments={"builtins": True}, reply=True, timeout=2)

    (answer,) = replies(ask, system)

    assert sorted(answer[f"discovery.{worker.pid}@{os.uname().nodename}"]) == [
        "exconn.canary",
        "exconn.discovery.install",
        "exconn.discovery.partition",
        "exconn.discovery.sweep",
        "exconn.echo",
    ]


def test_flower_shows_workers_and_jobs_by_name_and_nothing_of_their_content(system: System) -> None:
    port = free_port()
    flower = system.processes.start(
        "flower",
        *("-m", "celery", f"--broker={system.server.url}", "flower", "--address=127.0.0.1", f"--port={port}"),
        env={"FLOWER_UNAUTHENTICATED_API": "true"},
    )

    def shown(path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None

    flower.wait_until(lambda: shown("/api/workers") is not None, timedelta(seconds=60), "its API")
    worker = system.worker()
    ring = system.insert("somebody@example.test")
    system.bell.ring(ring, "one")
    system.settled(ring.job_id)
    identity = task_id(ring.job_id, ring.ring)

    def done() -> bool:
        tasks = shown("/api/tasks") or {}
        return bool(tasks.get(identity, {}).get("state") == "SUCCESS")

    wait_until(done, WITHIN, "the job in Flower", logs=system.processes.logs)
    task = shown("/api/tasks")[identity]
    assert task["name"] == "exconn.echo"
    assert task["args"] == f"('{ring.job_id}',)"
    assert task["result"] == "'settled succeeded'"
    assert task["worker"] == f"discovery.{worker.pid}@{os.uname().nodename}"
    assert "somebody" not in json.dumps(shown("/api/tasks"))
    assert wait_until(lambda: system.client.keys("exconn:canary:*"), WITHIN, "a canary that came through")
    assert {task["name"] for task in shown("/api/tasks").values()} == {"exconn.echo"}
