"""What a health check says of the process beside it."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from exconn.contracts import Service
from exconn.doorbell.presence import Presence
from exconn.health.app import problem_of, problem_of_heartbeat
from exconn.keyspace import keys

Serve = Callable[[int], str]
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def listener() -> Iterator[Serve]:
    """Starts listeners that answer /health with a status; gives their addresses."""
    started: list[http.server.ThreadingHTTPServer] = []

    def start(status: int) -> str:
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/health" else 404)
                self.end_headers()
                self.wfile.write(b'{"status": "told"}')

            def log_message(self, *_: object) -> None:
                return None

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def announce(folder: Path, name: str, url: str) -> None:
    (folder / name).write_text(json.dumps({"url": url, "pid": 1}), encoding="utf-8")


def test_a_process_that_beats_on_this_host_is_healthy(
    redis_client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    presence = Presence(redis_client, Service.DISCOVERY)
    presence.beat()

    assert problem_of(lambda: redis_url, tmp_path, presence.field.split("/")[1]) == ""


def test_beats_of_other_hosts_do_not_count(redis_client: redis.Redis, redis_url: str, tmp_path: Path) -> None:
    Presence(redis_client, Service.DISCOVERY).beat()

    assert problem_of(lambda: redis_url, tmp_path, "elsewhere") == "no process of elsewhere is known to the ledger"


def test_a_process_that_fell_silent_is_not_healthy(redis_client: redis.Redis) -> None:
    seconds, _ = redis_client.time()
    redis_client.hset(keys.HEARTBEATS, "actions/here/7", str((seconds - 31) * 1000))

    assert problem_of_heartbeat(redis_client, "here").startswith("the process was not heard of for 3")


def test_one_living_process_outweighs_forgotten_ones_of_the_same_host(redis_client: redis.Redis) -> None:
    seconds, _ = redis_client.time()
    redis_client.hset(keys.HEARTBEATS, "actions/here/7", str((seconds - 500) * 1000))
    redis_client.hset(keys.HEARTBEATS, "actions/here/8", str(seconds * 1000))

    assert problem_of_heartbeat(redis_client, "here") == ""


def test_a_ledger_out_of_reach_is_a_problem(tmp_path: Path) -> None:
    assert problem_of(lambda: NOWHERE, tmp_path, "here").startswith("the ledger does not answer")


@pytest.mark.parametrize("name", ["intake.json", "monitor.json"])
def test_a_process_that_listens_is_asked_itself(listener: Serve, tmp_path: Path, name: str) -> None:
    url = listener(200)
    announce(tmp_path, name, url.replace("127.0.0.1", "0.0.0.0"))

    assert problem_of(lambda: NOWHERE, tmp_path, "here") == ""


def test_a_listener_that_says_it_is_not_well_is_not_healthy(listener: Serve, tmp_path: Path) -> None:
    announce(tmp_path, "monitor.json", listener(503))

    problem = problem_of(lambda: NOWHERE, tmp_path, "here")

    assert problem.endswith('/health answers 503: {"status": "told"}')


def test_a_listener_that_is_gone_is_not_healthy(tmp_path: Path) -> None:
    announce(tmp_path, "intake.json", "http://127.0.0.1:1")

    assert problem_of(lambda: NOWHERE, tmp_path, "here").startswith("nothing answers at http://127.0.0.1:1")


def test_an_announcement_that_cannot_be_read_counts_as_none(
    redis_client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    (tmp_path / "intake.json").write_text("{", encoding="utf-8")

    assert problem_of(lambda: redis_url, tmp_path, "here") == "no process of here is known to the ledger"


def run_health(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "exconn.health"],
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_as_a_program_it_reads_the_address_from_a_file_and_exits_by_health(
    redis_client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    named = tmp_path / "ledger-url"
    named.write_text(redis_url + "\n", encoding="utf-8")
    place = {"EXCONN_LEDGER_URL_FILE": str(named), "EXCONN_STATE_DIR": str(tmp_path)}

    before = run_health(**place)
    Presence(redis_client, Service.POLICY).beat()
    after = run_health(**place)

    assert (before.returncode, after.returncode) == (1, 0)
    assert before.stderr.startswith("exconn health: no process of ")


def test_as_a_program_it_names_the_setting_that_is_missing(tmp_path: Path) -> None:
    ended = run_health(EXCONN_STATE_DIR=str(tmp_path))

    assert ended.returncode == 1
    assert "EXCONN_LEDGER_URL" in ended.stderr
