"""A real monitor process for tests, and reading its answers over HTTP."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2

from tests.support.machine.processes import ChildProcess, ChildProcesses

STARTS_WITHIN = timedelta(seconds=30)
#: Whatever a loaded machine needs for one look; a test that waits for less would be about the machine.
ANSWERS_WITHIN = timedelta(seconds=20)
#: What is told of a thing that is not in the read model, or not yet.
NOT_FOUND = 404


@dataclass
class RunningMonitor:
    """A monitor that listens."""

    child: ChildProcess
    url: str

    def get(self, path: str, **parameters: object) -> httpx2.Response:
        """The response to one GET, whatever its status."""
        return httpx2.get(self.url + path, params=_given(parameters) or None, timeout=30, trust_env=False)

    def json(self, path: str, **parameters: object) -> Any:
        """The JSON of a successful answer."""
        response = self.get(path, **parameters)
        response.raise_for_status()
        return response.json()

    def wait_for(self, path: str, key: str, value: object) -> None:
        """Wait until the JSON at `path` is there and has `value` at the dotted `key`."""

        def has_it() -> bool:
            response = self.get(path)
            return response.status_code != NOT_FOUND and _at(response.raise_for_status().json(), key) == value

        self.child.wait_until(has_it, ANSWERS_WITHIN, f"{key}={value!r} at {path}")


def start_monitor(
    processes: ChildProcesses, ledger_url: str, state_dir: Path, *, name: str = "monitor", **env: str
) -> RunningMonitor:
    """Start one on a free port; returns once it listens."""
    settings = {
        "EXCONN_BROKER_URL": ledger_url,
        "EXCONN_LEDGER_URL": ledger_url,
        "EXCONN_LEDGER_DURABILITY": "volatile",
        "EXCONN_STATE_DIR": str(state_dir),
        "EXCONN_MONITOR_PORT": "0",
        "EXCONN_MONITOR_LEASE": "2s",
    }
    child = processes.start(name, "-m", "exconn.monitor", env=settings | env)
    announcement = state_dir / "monitor.json"

    def listening() -> str:
        if not announcement.exists():
            return ""
        told = json.loads(announcement.read_text(encoding="utf-8"))
        return str(told["url"]) if told["pid"] == child.pid else ""

    return RunningMonitor(child, child.wait_until(listening, STARTS_WITHIN, "listening"))


def _given(parameters: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if value is not None}


def _at(value: Any, key: str) -> Any:
    for part in key.split("."):
        value = value[int(part)] if isinstance(value, list) else value.get(part)
    return value
