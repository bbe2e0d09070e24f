"""The simulator as a process: how it starts, what it leaves behind, and whom it lets in."""

import json
import os
import socket
import ssl
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pypsrp.exceptions import WSManFaultError

from tests.conformance.simulator.sessions import Sessions
from tests.support.exchange.raw_wsman import RawClient
from tests.support.exchange.simulator import running_simulator, start_simulator
from tests.support.machine.processes import INHERITED, wait_until


def test_sigterm_ends_it_cleanly_even_with_waiting_clients(tmp_path: Path) -> None:
    simulator = start_simulator(tmp_path)
    client = RawClient(simulator)
    client.open()
    simulator.fault("slow", seconds=60)
    client.run("Get-MobileDevice")

    assert simulator.close() == 0

    client.close()
    assert not (simulator.state_dir / "simulator.json").exists()
    assert (simulator.state_dir / "oracle.jsonl").exists()


def test_description_leads_to_everything(tmp_path: Path) -> None:
    with running_simulator(tmp_path, devices=7) as simulator:
        description = json.loads((simulator.state_dir / "simulator.json").read_text())
        assert description["pid"] == simulator.process.pid
        assert description["url"].startswith("https://127.0.0.1:")
        assert description["organization"] == "Example Corporation"
        assert set(description["accounts"]) == {"discovery", "policy", "actions"}
        assert simulator.control("GET", "/health") == {"status": "ok", "devices": 7}
        organization = simulator.control("GET", "/organization")
        assert organization["policies"] == ["Default", "Executives"]


def test_certificate_holds_for_further_names(tmp_path: Path) -> None:
    with running_simulator(tmp_path, names="exchange.corp.example", host="127.0.0.1") as simulator:
        address = urlsplit(simulator.url)
        assert address.hostname == "exchange.corp.example"
        context = ssl.create_default_context(cafile=simulator.ca_file)
        for name in ("exchange.corp.example", "127.0.0.1", "localhost"):
            with (
                socket.create_connection(("127.0.0.1", address.port), timeout=10) as plain,
                context.wrap_socket(plain, server_hostname=name) as secured,
            ):
                assert secured.version() is not None


def test_settings_that_can_not_be_used_end_with_a_sentence(tmp_path: Path) -> None:
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    variables = {"EXCONN_SIMULATOR_STATE_DIR": str(tmp_path), "EXCONN_SIMULATOR_VERSION": "2003"}
    ended = subprocess.run(
        [sys.executable, "-m", "exconn.simulator"],
        env=inherited | variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert "unknown Exchange version" in ended.stderr


def test_idle_shell_is_closed(tmp_path: Path) -> None:
    with running_simulator(tmp_path, shell_idle="1s") as simulator:
        client = RawClient(simulator)
        client.open()
        wait_until(lambda: simulator.counters()["open_shells"] == 0, timedelta(seconds=15), "the end of the idle shell")
        assert client.receive().fault_code == "2150858843"
        client.close()


def test_accounts_file_decides_who_may_do_what(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    entries = {
        "chief": {"username": "chief@corp.example", "password": "one", "role": "all"},
        "guest": {"username": "guest@corp.example", "password": "two", "role": "none"},
    }
    users.write_text(json.dumps(entries))
    with running_simulator(tmp_path, users=users) as simulator, ExitStack() as stack:
        sessions = Sessions(simulator, stack)
        outcome = sessions.open("chief").run("Get-OrganizationConfig")
        assert [r["Name"] for r in outcome.records] == ["Example Corporation"]
        with pytest.raises(WSManFaultError, match="isn't assigned to any management roles"):
            sessions.open("guest")


def test_a_million_devices_are_served_at_once(tmp_path: Path) -> None:
    with running_simulator(tmp_path, devices=1_000_000) as simulator, ExitStack() as stack:
        session = Sessions(simulator, stack).open()
        outcome = session.run("Get-MobileDevice", ResultSize=3)
        assert len(outcome.output) == 3
        assert simulator.control("GET", "/health")["devices"] == 1_000_000
