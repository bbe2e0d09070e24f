"""The demo's two people in front of a real intake and a real monitor, and a shell in their folder. No worker runs."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from exconn.connector import ConnectorStore, parse_definition
from exconn.contracts import DeviceFact
from exconn.demo.definition import SimulatorAddress, demo_definition
from exconn.demo.people import make_people, write_contexts
from exconn.demo.place import CONNECTOR, DemoPlace, Ports, make_service_keys, service_settings, write_worker_env
from exconn.keyspace import connect
from exconn.ledger import Ledger
from exconn.stream import Number
from tests.integration.cli.conftest import SOON, guid
from tests.integration.cli.running import CommandLine, Ran
from tests.support.machine.processes import ChildProcesses, wait_until
from tests.support.requests.signed import organization_of
from tests.support.streams.status import StreamWriter
from tests.support.system.intake import discover
from tests.support.system.monitor import RunningMonitor, start_monitor

WITHIN = timedelta(minutes=2)
#: As many messages as are behind a demo that shows its card, or fewer.
MESSAGES = 25

#: Programs that the page takes from the system, by what Python has of the same.
SQLITE = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=10); db.execute(sys.argv[2]); db.commit()"
REDIS = "import redis, sys; redis.Redis.from_url(sys.argv[2]).execute_command(*sys.argv[3:])"


@dataclass(frozen=True)
class Terminal:
    """A shell in the folder of the demo."""

    exconn: CommandLine
    monitor: RunningMonitor

    def __call__(self, script: str) -> Ran:
        how = self.exconn.command()[1]
        how["env"] |= {"PATH": f"{self.exconn.folder / 'bin'}:{how['env']['PATH']}"}
        done = subprocess.run(
            ["sh", "-c", script], text=True, capture_output=True, timeout=WITHIN.total_seconds(), check=False, **how
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def held(self) -> list[str]:
        """The wipes that the brakes hold."""
        return [str(job["id"]) for job in self.monitor.json(f"/v1/brakes/{CONNECTOR}")["held"]]


@contextmanager
def two_people(
    exconn: CommandLine, processes: ChildProcesses, url: str, *, phones: int, limit: int
) -> Iterator[Terminal]:
    """The demo without Exchange and workers: so many phones, and a limit on wipes."""
    place = DemoPlace(folder=exconn.folder / ".exconn" / "demo", ports=Ports(monitor=0, intake=0, flower=0))
    place.folder.parent.mkdir(mode=0o700)
    people = make_people(place)
    settings = service_settings(place, url) | make_service_keys(place)
    settings |= {"EXCONN_AUDIT_CHECKPOINT_EVERY": "1s", "EXCONN_INTAKE_DOOR": "false"}
    write_worker_env(place, settings)
    monitor = start_monitor(processes, url, place.folder, **settings)
    processes.start("intake", "-m", "exconn.intake", env=settings)
    told = place.folder / "intake.json"
    wait_until(told.exists, SOON, "intake to listen", logs=processes.logs)
    ports = Ports(monitor=_port(monitor.url), intake=_port(json.loads(told.read_text())["url"]), flower=0)
    write_contexts(replace(place, ports=ports), people, "http://127.0.0.1:1")
    _begin(url, phones, limit)
    _programs(exconn.folder)
    wait_until(lambda: monitor.json("/v1/devices")["total"] == phones, SOON, "the phones to be shown")
    yield Terminal(exconn, monitor)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _begin(url: str, phones: int, limit: int) -> None:
    """An installed connector, its phones, and some messages."""
    accounts = {role: {"username": role, "password_file": "/x"} for role in ("discovery", "policy", "actions")}
    simulator = SimulatorAddress(url="https://127.0.0.1:1/", control_url="", ca_file="/x", accounts=accounts)
    definition = demo_definition(simulator).replace("count = 10", f"count = {limit}")
    found = [
        DeviceFact(
            guid=guid(number),
            name=f"u{number}_iPhone",
            device_id=f"ID{number}",
            device_type="iPhone",
            owner_name=f"u{number}",
            access_state="Allowed",
        )
        for number in range(phones)
    ]
    with connect(url) as client:
        store = ConnectorStore(client)
        store.apply(parse_definition(definition), "operator")
        store.set_installed(CONNECTOR, organization_of(CONNECTOR), "discovery")
        store.arm(CONNECTOR, "actions", "actions")
        discover(client, url, found, connector=CONNECTOR)
        writer = StreamWriter(client, CONNECTOR)
        for number in range(MESSAGES):
            writer.message(Number.JOB_CLAIMED, job="sweep-aaaaaaaaaaaaaaaa", kind="sweep", data={"n": number})
        Ledger(client).resume(CONNECTOR, by="operator")


def _programs(folder: Path) -> None:
    command_line = shlex.join([sys.executable, "-m", "exconn.cli"])
    _program(folder / "run", f'shift; exec {command_line} "$@"')
    for name, script in (("sqlite3", SQLITE), ("redis-cli", REDIS)):
        _program(folder / "bin" / name, f'exec {shlex.join([sys.executable, "-c", script])} "$@"')


def _program(path: Path, script: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
