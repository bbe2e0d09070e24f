"""The monitor as a process: it starts, says what it lacks, survives kills, and ends cleanly."""

import contextlib
import json
import signal
import socket
import time
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import redis

from exconn.keyspace import keys
from exconn.stream import Number
from tests.support.machine.processes import ChildProcesses, wait_until
from tests.support.machine.valkey import RestartableValkey, free_port
from tests.support.streams.status import StreamWriter, device_fact
from tests.support.system.monitor import ANSWERS_WITHIN, start_monitor

ENDS_WITHIN = timedelta(seconds=20)


def counted(metrics: str) -> float:
    lines = [line for line in metrics.splitlines() if line.startswith("exconn_messages_total")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def test_what_was_committed_before_a_kill_and_not_trimmed_is_neither_lost_nor_doubled(
    processes: ChildProcesses, restartable_valkey: RestartableValkey, tmp_path: Path
) -> None:
    client = restartable_valkey.client()
    writer = StreamWriter(client)
    writer.register()
    for number in range(30):
        writer.queued(f"wipe-{number}", "wipe")
    writer.page("devices", [device_fact(number) for number in range(20)])
    # A user that may do everything but trim: the monitor commits, then fails, again and again.
    client.execute_command("ACL", "SETUSER", "reader", "on", ">pw", "+@all", "~*", "-xtrim")
    url = restartable_valkey.url.replace("redis://", "redis://reader:pw@")

    monitor = start_monitor(processes, url, tmp_path)
    monitor.wait_for("/v1/overview", "jobs", {"queued": 30})
    monitor.child.kill()
    assert client.xlen(keys.STATUS) == 30

    writer.queued("wipe-30", "wipe")
    monitor = start_monitor(processes, restartable_valkey.url, tmp_path)
    monitor.wait_for("/v1/overview", "jobs", {"queued": 31})
    monitor.child.wait_until(lambda: client.xlen(keys.STATUS) == 1, ANSWERS_WITHIN, "trimming")

    assert counted(monitor.get("/metrics").text) == 31
    assert monitor.json("/v1/devices", limit=1)["total"] == 20
    told = {problem["code"] for problem in monitor.json("/v1/problems")["problems"]}
    assert told.isdisjoint({"ledger_set_back", "records_missing", "history_missing"})
    client.close()


def test_of_two_monitors_on_one_database_one_projects_and_both_answer(
    processes: ChildProcesses, redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    database = str(tmp_path / "shared.db")
    first = start_monitor(processes, redis_url, tmp_path / "a", name="first", EXCONN_MONITOR_DATABASE=database)
    first.wait_for("/health", "projector", "active")
    second = start_monitor(processes, redis_url, tmp_path / "b", name="second", EXCONN_MONITOR_DATABASE=database)
    second.wait_for("/health", "projector", "standby")

    StreamWriter(redis_client).queued("wipe-a", "wipe")

    first.wait_for("/v1/overview", "jobs", {"queued": 1})
    second.wait_for("/v1/overview", "jobs", {"queued": 1})
    assert second.json("/v1/overview")["projector"]["holder"] == first.json("/v1/overview")["projector"]["holder"]

    first.child.terminate()
    second.wait_for("/health", "projector", "active")
    StreamWriter(redis_client).message(Number.JOB_CLAIMED, job="wipe-a", kind="wipe", state="claimed")
    second.wait_for("/v1/overview", "jobs", {"claimed": 1})


def test_sigterm_ends_it_in_time_even_while_somebody_waits_for_messages(
    processes: ChildProcesses, redis_url: str, tmp_path: Path
) -> None:
    monitor = start_monitor(processes, redis_url, tmp_path)
    host, port = monitor.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as waiting:
        waiting.sendall(b"GET /v1/messages?wait=20 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert monitor.get("/health").status_code == 200

        began = time.monotonic()
        code = monitor.child.terminate(ENDS_WITHIN)

        assert code == 0
        # Alone it takes half a second; the question would wait for 20.
        assert time.monotonic() - began < 10
    assert not (tmp_path / "monitor.json").exists()


def test_interrupt_ends_it_with_the_code_of_an_interrupt(
    processes: ChildProcesses, redis_url: str, tmp_path: Path
) -> None:
    monitor = start_monitor(processes, redis_url, tmp_path)

    monitor.child.signal(signal.SIGINT)

    assert monitor.child.wait(ENDS_WITHIN) == 130


def refused(processes: ChildProcesses, env: dict[str, str]) -> tuple[int, str]:
    child = processes.start("refused", "-m", "exconn.monitor", env=env)
    return child.wait(ENDS_WITHIN), child.log.read_text(encoding="utf-8")


def one_line(text: str) -> str:
    (line,) = text.strip().splitlines()
    return line


def test_unreachable_ledger_is_one_line_with_a_remedy_and_no_password(
    processes: ChildProcesses, tmp_path: Path
) -> None:
    url = f"redis://exconn:s3cret@127.0.0.1:{free_port()}/0"
    env = {"EXCONN_BROKER_URL": url, "EXCONN_LEDGER_URL": url, "EXCONN_STATE_DIR": str(tmp_path)}

    code, text = refused(processes, env)

    assert code == 6
    assert "start it or correct the URL" in one_line(text)
    assert "s3cret" not in text


def test_missing_settings_are_one_line_with_their_names(processes: ChildProcesses) -> None:
    code, text = refused(processes, {"EXCONN_MONITOR_PORT": "many"})

    assert code == 2
    assert "EXCONN_MONITOR_PORT" in one_line(text)


def test_unwritable_state_folder_is_one_line_with_the_setting(
    processes: ChildProcesses, redis_url: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    env = {"EXCONN_BROKER_URL": redis_url, "EXCONN_LEDGER_URL": redis_url, "EXCONN_MONITOR_PORT": "0"}
    env |= {"EXCONN_STATE_DIR": str(tmp_path / "file"), "EXCONN_MONITOR_DATABASE": str(tmp_path / "monitor.db")}

    code, text = refused(processes, env)

    assert code == 2
    assert "EXCONN_STATE_DIR" in one_line(text)


def test_port_in_use_is_one_line_with_the_setting(processes: ChildProcesses, redis_url: str, tmp_path: Path) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        env = {"EXCONN_BROKER_URL": redis_url, "EXCONN_LEDGER_URL": redis_url, "EXCONN_STATE_DIR": str(tmp_path)}

        code, text = refused(processes, env | {"EXCONN_MONITOR_PORT": port})

    assert code == 2
    assert f"port {port}" in one_line(text)
    assert "EXCONN_MONITOR_PORT" in text


@pytest.mark.parametrize(
    "database",
    [
        "/proc/nowhere/monitor.db",
        "nosuch://user:s3cret@host/db",
        "postgresql+pg8000://user:s3cret@host/db",
        "sqlite:///{text}",
    ],
    ids=["unwritable", "unknown kind", "driver missing", "not a database"],
)
def test_unusable_database_is_one_line_with_a_remedy(
    processes: ChildProcesses, redis_url: str, tmp_path: Path, database: str
) -> None:
    (tmp_path / "text").write_text("no database at all " * 100)
    env = {"EXCONN_BROKER_URL": redis_url, "EXCONN_LEDGER_URL": redis_url, "EXCONN_STATE_DIR": str(tmp_path)}
    named = database.replace("{text}", str(tmp_path / "text"))

    code, text = refused(processes, env | {"EXCONN_MONITOR_DATABASE": named})

    assert code == 2
    assert "EXCONN_MONITOR_DATABASE" in one_line(text)
    assert "s3cret" not in text


def test_database_server_out_of_reach_is_one_line_without_its_password(
    processes: ChildProcesses, redis_url: str, tmp_path: Path
) -> None:
    env = {"EXCONN_BROKER_URL": redis_url, "EXCONN_LEDGER_URL": redis_url, "EXCONN_STATE_DIR": str(tmp_path)}
    named = f"postgresql+psycopg://user:s3cret@127.0.0.1:{free_port()}/db"

    code, text = refused(processes, env | {"EXCONN_MONITOR_DATABASE": named})

    assert code == 6
    assert "EXCONN_MONITOR_DATABASE" in one_line(text)
    assert "s3cret" not in text


def test_pages_and_api_answer_from_the_read_model_while_the_ledger_is_away(
    processes: ChildProcesses, restartable_valkey: RestartableValkey, tmp_path: Path
) -> None:
    with contextlib.closing(restartable_valkey.client()) as client:
        StreamWriter(client).register()
        StreamWriter(client).queued("wipe-a", "wipe")
    monitor = start_monitor(processes, restartable_valkey.url, tmp_path)
    monitor.wait_for("/v1/overview", "jobs", {"queued": 1})

    restartable_valkey.kill()
    wait_until(lambda: monitor.get("/health").status_code == 503, ANSWERS_WITHIN, "the monitor to notice")

    overview = monitor.json("/v1/overview")
    assert (overview["ledger"], overview["projector"]["lag"], overview["jobs"]) == ("unreachable", None, {"queued": 1})
    monitor.wait_for("/v1/problems", "problems.0.code", "ledger_unreachable")
    assert all("the ledger does not answer the monitor" in monitor.get(page).text for page in ("/", "/jobs"))
    assert monitor.get("/v1/deadletters").json()["error"] == "unreachable"
    assert set(json.loads(monitor.get("/health").text)) == {"error", "text", "remedy", "field"}


def test_it_refuses_to_show_personal_data_to_a_network_that_nobody_named(
    processes: ChildProcesses, redis_url: str, tmp_path: Path
) -> None:
    env = {"EXCONN_BROKER_URL": redis_url, "EXCONN_LEDGER_URL": redis_url, "EXCONN_STATE_DIR": str(tmp_path)}

    code, text = refused(processes, env | {"EXCONN_MONITOR_HOST": "0.0.0.0", "EXCONN_MONITOR_PORT": "0"})

    assert code == 2
    assert "EXCONN_MONITOR_NAMES" in one_line(text)
    assert "EXCONN_MONITOR_HOST" in text


def test_named_to_a_network_it_answers_to_its_names_and_no_others(
    processes: ChildProcesses, redis_url: str, tmp_path: Path
) -> None:
    env = {"EXCONN_MONITOR_HOST": "0.0.0.0", "EXCONN_MONITOR_NAMES": "console.contoso.test"}
    monitor = start_monitor(processes, redis_url, tmp_path, **env)
    port = monitor.url.rpartition(":")[2]

    def status(name: str) -> int:
        headers = {"host": name}
        return httpx2.get(f"http://127.0.0.1:{port}/v1/devices", headers=headers, trust_env=False).status_code

    found = {name: status(name) for name in ("console.contoso.test", f"127.0.0.1:{port}", "evil.example")}

    assert list(found.values()) == [200, 200, 421]
