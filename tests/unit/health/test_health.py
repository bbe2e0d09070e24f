"""What a health check says of the process beside it."""

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from exconn.contracts import Service
from exconn.health.app import problem_at_ledger, problem_of
from exconn.keyspace import keys
from exconn.process.canary import Proof
from exconn.process.presence import Presence

Serve = Callable[..., str]
TOLD = {"status": "told"}
NOWHERE = "redis://127.0.0.1:1/0"
HOST = socket.gethostname()


@pytest.fixture
def listener() -> Iterator[Serve]:
    """Starts listeners that answer /health with a status; gives their addresses."""
    started: list[http.server.ThreadingHTTPServer] = []

    def start(status: int, told: Mapping[str, str] = TOLD) -> str:
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/health" else 404)
                self.end_headers()
                self.wfile.write(json.dumps(dict(told)).encode())

            def log_message(self, *_: object) -> None:
                return None

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def announce(folder: Path, name: str, url: str) -> None:
    (folder / name).write_text(json.dumps({"url": url, "pid": 1}), encoding="utf-8")


def at(url: str) -> Callable[[str], str]:
    """Both servers at one address."""
    return lambda _server: url


def test_a_worker_that_beats_on_this_host_and_hears_doorbells_is_healthy(
    redis_client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    presence = Presence(redis_client, Service.DISCOVERY)
    presence.beat()
    Proof(redis_client, presence.field).give()

    assert problem_of(at(redis_url), tmp_path, HOST) == ""


def test_a_coordinator_hears_no_doorbells_and_needs_no_proof_of_them(
    redis_client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    Presence(redis_client, Service.COORDINATOR).beat()

    assert problem_of(at(redis_url), tmp_path, HOST) == ""


@pytest.mark.parametrize("service", [Service.DISCOVERY, Service.POLICY, Service.ACTIONS])
def test_a_worker_that_beats_and_hears_nothing_is_not_healthy(redis_client: redis.Redis, service: Service) -> None:
    Presence(redis_client, service).beat()

    assert problem_at_ledger(redis_client, HOST) == "no doorbell has come through to the process yet"


def test_a_proof_grows_old(redis_client: redis.Redis) -> None:
    presence = Presence(redis_client, Service.ACTIONS)
    presence.beat()
    redis_client.set(keys.canary(presence.field), "1", px=keys.PROOF_KEPT - timedelta(seconds=31))

    assert problem_at_ledger(redis_client, HOST) == "no doorbell came through to the process for 31 s"


def test_beats_of_other_hosts_do_not_count(redis_client: redis.Redis, redis_url: str, tmp_path: Path) -> None:
    Presence(redis_client, Service.COORDINATOR).beat()

    assert problem_of(at(redis_url), tmp_path, "elsewhere") == "no process of elsewhere is known to the ledger"


def test_a_process_that_fell_silent_is_not_healthy(redis_client: redis.Redis) -> None:
    seconds, _ = redis_client.time()
    redis_client.hset(keys.HEARTBEATS, "coordinator/here/7", str((seconds - 31) * 1000))

    assert problem_at_ledger(redis_client, "here").startswith("the process was not heard of for 3")


def test_one_living_process_outweighs_forgotten_ones_of_the_same_host(redis_client: redis.Redis) -> None:
    seconds, _ = redis_client.time()
    redis_client.hset(keys.HEARTBEATS, "actions/here/7", str((seconds - 500) * 1000))
    redis_client.hset(keys.HEARTBEATS, "actions/here/8", str(seconds * 1000))
    Proof(redis_client, "actions/here/8").give()

    assert problem_at_ledger(redis_client, "here") == ""


def test_the_proof_of_a_process_that_fell_silent_does_not_count_for_its_successor(redis_client: redis.Redis) -> None:
    seconds, _ = redis_client.time()
    redis_client.hset(keys.HEARTBEATS, "actions/here/7", str((seconds - 31) * 1000))
    redis_client.hset(keys.HEARTBEATS, "actions/here/8", str(seconds * 1000))
    Proof(redis_client, "actions/here/7").give()

    assert problem_at_ledger(redis_client, "here") == "no doorbell has come through to the process yet"


@pytest.mark.parametrize("away", ["broker", "ledger"])
def test_a_server_out_of_reach_is_a_problem(redis_url: str, tmp_path: Path, away: str) -> None:
    problem = problem_of(lambda server: NOWHERE if server == away else redis_url, tmp_path, "here")

    assert problem.startswith(f"the {away} does not answer")


@pytest.mark.parametrize("name", ["intake.json", "monitor.json"])
def test_a_process_that_listens_is_asked_itself(listener: Serve, tmp_path: Path, name: str) -> None:
    url = listener(200)
    announce(tmp_path, name, url.replace("127.0.0.1", "0.0.0.0"))

    assert problem_of(at(NOWHERE), tmp_path, "here") == ""


def test_a_listener_that_says_it_is_not_well_is_not_healthy(listener: Serve, tmp_path: Path) -> None:
    announce(tmp_path, "monitor.json", listener(503))

    problem = problem_of(at(NOWHERE), tmp_path, "here")

    assert problem.endswith('/health answers 503: {"status": "told"}')


def test_an_intake_whose_queue_is_deaf_is_not_healthy_though_it_takes_requests_over_http(
    listener: Serve, tmp_path: Path
) -> None:
    url = listener(200, {"status": "ok", "door": "nothing came from the queue of requests for 31 s"})
    announce(tmp_path, "intake.json", url)

    problem = problem_of(at(NOWHERE), tmp_path, "here")

    assert problem == "nothing came from the queue of requests for 31 s"


def test_a_listener_that_is_gone_is_not_healthy(tmp_path: Path) -> None:
    announce(tmp_path, "intake.json", "http://127.0.0.1:1")

    assert problem_of(at(NOWHERE), tmp_path, "here").startswith("nothing answers at http://127.0.0.1:1")


def test_an_announcement_that_cannot_be_read_counts_as_none(
    redis_client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    (tmp_path / "intake.json").write_text("{", encoding="utf-8")

    assert problem_of(at(redis_url), tmp_path, "here") == "no process of here is known to the ledger"


def run_health(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "exconn.health"],
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_as_a_program_it_reads_the_address_from_a_file_and_exits_by_health(
    redis_client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    named = tmp_path / "ledger-url"
    named.write_text(redis_url + "\n", encoding="utf-8")
    place = {
        "EXCONN_BROKER_URL": redis_url,
        "EXCONN_LEDGER_URL_FILE": str(named),
        "EXCONN_STATE_DIR": str(tmp_path),
    }

    before = run_health(**place)
    Presence(redis_client, Service.COORDINATOR).beat()
    after = run_health(**place)

    assert (before.returncode, after.returncode) == (1, 0)
    assert before.stderr.startswith("exconn health: no process of ")


@pytest.mark.slow
def test_as_a_program_it_names_the_setting_that_is_missing(redis_url: str, tmp_path: Path) -> None:
    ended = run_health(EXCONN_BROKER_URL=redis_url, EXCONN_STATE_DIR=str(tmp_path))

    assert ended.returncode == 1
    assert "EXCONN_LEDGER_URL" in ended.stderr
