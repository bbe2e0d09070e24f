"""A simulated Exchange as a process of its own, and what a test wants to know of it or do to it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.support.machine.processes import INHERITED, comes_true, log_tail, wait_until

STARTS_WITHIN = timedelta(seconds=30)
STOPS_WITHIN = timedelta(seconds=5)
_ANSWERS_WITHIN_SECONDS = 10
_DIRECT = build_opener(ProxyHandler({}))


class ControlRefused(Exception):
    """The control port refused an order."""

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        self.status = status
        self.answer = answer
        super().__init__(f"{status}: {answer.get('error')}; {answer.get('remedy')}")


class RunningSimulator:
    """A simulator that answers; `close` ends it by its own process id."""

    def __init__(self, process: "subprocess.Popen[bytes]", description: Mapping[str, Any], log: Path) -> None:
        self.process = process
        self.log = log
        self.url: str = description["url"]
        self.control_url: str = description["control_url"]
        self.ca_file: str | None = description["ca_file"]
        self.accounts: Mapping[str, Mapping[str, str]] = description["accounts"]
        self.state_dir = log.parent
        self._since = 0

    def username(self, account: str) -> str:
        """The user name of one of the generated accounts: discovery, policy or actions."""
        return self.accounts[account]["username"]

    def password(self, account: str) -> str:
        """Its password."""
        return Path(self.accounts[account]["password_file"]).read_text("utf-8")

    def account_tables(self, password_file: Path | None = None) -> str:
        """The accounts as a connector's definition has them; with one password file for all, where one is given."""
        return "".join(
            f"[accounts.{role}]\nusername = {json.dumps(account['username'])}\n"
            f"password_file = {json.dumps(str(password_file or account['password_file']))}\n"
            for role, account in self.accounts.items()
        )

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> dict[str, Any]:
        """One order to the control port; ControlRefused when it is refused."""
        address = f"{self.control_url}{quote(path)}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        request = Request(address, data=data, method=method, headers={"Content-Type": "application/json"})
        try:
            with _DIRECT.open(request, timeout=_ANSWERS_WITHIN_SECONDS) as answer:
                content = json.load(answer)
        except HTTPError as refused:
            with refused:
                raise ControlRefused(refused.code, json.load(refused)) from None
        assert isinstance(content, dict)
        return content

    def oracle(self, cmdlet: str = "*", **query: Any) -> list[dict[str, Any]]:
        """What was executed: by cmdlet of either family, `guid=`, `since=` (a number of the log)."""
        entries: list[dict[str, Any]] = self.control("GET", "/oracle", cmdlet=cmdlet, **{"since": self._since} | query)[
            "entries"
        ]
        return entries

    def start_anew(self, devices: int, seed: int = 7, *, sync_seconds: float = 0.2) -> None:
        """For a test that shares its process: no faults, a fresh organization, nothing executed so far."""
        self.control("DELETE", "/faults")
        self.control("DELETE", "/roles")
        self.control("POST", "/reset", {"devices": devices, "seed": seed})
        self.control("POST", "/phones/speed", {"sync_seconds": sync_seconds})
        executed = self.oracle()
        self._since = executed[-1]["n"] if executed else self._since

    def fault(self, kind: str, cmdlet: str = "*", **fields: object) -> int:
        """Order a fault: times, after, seconds, probability."""
        return int(self.control("POST", "/faults", {"kind": kind, "cmdlet": cmdlet, **fields})["id"])

    def one_in_ten_fails(self) -> None:
        """From now on every cmdlet meets an error that passes, one time in ten; one that changes something, also after
        it has done so.
        """
        for kind in ("transient", "transient_after"):
            self.fault(kind, times=-1, probability=0.1)

    def rights(self, account: str, *, without: Sequence[str] = (), also: Sequence[str] = ()) -> None:
        """Take entries from an account's role, or give it some, for sessions that are opened from now on."""
        self.control("POST", f"/roles/{account}", {"without": list(without), "also": list(also)})

    def wait_for_fault_to_strike(self, kind: str, within: timedelta) -> None:
        """Until no fault of that kind is open any more."""

        def struck() -> bool:
            return all(fault["kind"] != kind for fault in self.control("GET", "/faults")["faults"])

        wait_until(struck, within, f"a fault {kind!r} that strikes", logs=[self.log])

    def phone(self, who: str, what: str, **fields: object) -> list[dict[str, Any]]:
        """Let the phones of a user, or the one with a GUID, do something: sync, offline, online, enrol ..."""
        devices: list[dict[str, Any]] = self.control("POST", f"/phones/{who}/{what}", fields)["devices"]
        return devices

    def devices(self, **query: Any) -> list[dict[str, Any]]:
        """The devices as they are: limit=, user=."""
        found: list[dict[str, Any]] = self.control("GET", "/devices", **query)["devices"]
        return found

    def partnership_count(self) -> int:
        """How many devices a list of everything shows, with those of the mailboxes that servers are tested with."""
        return int(self.control("GET", "/organization")["partnerships"])

    def partnerships(self) -> list[dict[str, Any]]:
        """These devices, as they are."""
        return self.devices(limit=self.partnership_count())

    def device(self, guid: str) -> dict[str, Any]:
        """One device."""
        return self.control("GET", f"/devices/{guid}")

    def counters(self) -> dict[str, Any]:
        """Requests, cmdlets, open shells and commands."""
        return self.control("GET", "/counters")

    def wait_for_device(self, guid: str, what: str, within: timedelta, **expected: object) -> dict[str, Any]:
        """The device, once the named fields (`wipe__acknowledged` reaches inside) are truthy or equal."""

        def reached() -> dict[str, Any] | None:
            device = self.device(guid)
            return device if all(_field(device, name) == value for name, value in expected.items()) else None

        found = wait_until(reached, within, what, logs=[self.log])
        assert found is not None
        return found

    def close(self) -> int | None:
        """SIGTERM and wait; the exit code. Killed when it does not go."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(STOPS_WITHIN.total_seconds())
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(STOPS_WITHIN.total_seconds())


def _field(device: Mapping[str, Any], name: str) -> object:
    value: Any = device
    for part in name.split("__"):
        value = value[part]
    return value


def start_simulator(tmp_path: Path, devices: int = 20, seed: int = 7, **env: object) -> RunningSimulator:
    """Start one and wait until it answers. Further settings by name: `phone_sync="1s"`, `version="2010"`.

    Its organization is one that has grown for years, unless the test, or SIMULATED_ESTATE in the shell, says otherwise.
    """
    directory = tmp_path / f"simulator-{time.monotonic_ns()}"
    directory.mkdir(parents=True)
    estate = os.environ.get("SIMULATED_ESTATE", "real")
    settings = {
        "devices": devices,
        "seed": seed,
        "state_dir": directory,
        "phone_sync": "0.3s",
        "estate": estate,
    } | env
    variables = {f"EXCONN_SIMULATOR_{name.upper()}": str(value) for name, value in settings.items()}
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    log = directory / "simulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "exconn.simulator"],
            env=inherited | variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    description = directory / "simulator.json"
    comes_true(lambda: description.exists() or process.poll() is not None, STARTS_WITHIN)
    if not description.exists():
        process.kill()
        process.wait(STOPS_WITHIN.total_seconds())
        pytest.fail(f"the simulator did not start\n{log_tail(log)}", pytrace=False)
    return RunningSimulator(process, json.loads(description.read_text("utf-8")), log)


@contextmanager
def running_simulator(tmp_path: Path, devices: int = 20, seed: int = 7, **env: object) -> Iterator[RunningSimulator]:
    """The same, ended at the end."""
    simulator = start_simulator(tmp_path, devices, seed, **env)
    try:
        yield simulator
    finally:
        simulator.close()
