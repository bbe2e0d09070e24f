"""Starts the whole system on one machine, plays the story, and stays until it is told to stop."""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx2

from exconn.demo.client import Client, StoryError
from exconn.demo.definition import SimulatorAddress, demo_definition
from exconn.demo.domain import DemoDomain, make_domain
from exconn.demo.embedded_valkey import EmbeddedValkey
from exconn.demo.kdc import KdcError
from exconn.demo.people import make_people, write_contexts
from exconn.demo.place import DemoPlace, Ports, choose_ports, make_service_keys, service_settings, write_worker_env
from exconn.demo.processes import ProcessFailedError, Supervisor
from exconn.demo.progress import tell
from exconn.demo.story import Story

USUAL_FOLDER = Path(".exconn/demo")
START_WITHIN = timedelta(seconds=90)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user asked for."""

    once: bool = False
    as_json: bool = False
    devices: int = 320
    seed: int = 7
    #: Sign in by tickets of a domain of its own, over http, as on-premises.
    kerberos: bool = False
    #: With `once`: new or empty, and it stays. Not named: one that is removed.
    folder: Path | None = None


class Interrupted(Exception):
    """The user has seen enough."""


def run(options: Options) -> int:
    """The demo; the exit code. Nothing stays running."""
    started = time.monotonic()
    # What the demo and its processes write (database, append-only file, logs) is this user's alone.
    os.umask(0o077)
    stop = _listen()
    try:
        with ExitStack() as stack:
            folder = _folder(options, stack)
            place = DemoPlace(folder=folder, ports=choose_ports())
            summary, choice = _play(options, place, stack, stop)
            summary["seconds"] = round(time.monotonic() - started, 1)
            _finish(options, summary, choice, stop)
    except Interrupted:
        tell("stopped")
        return 130
    except (StoryError, ProcessFailedError, KdcError, OSError) as exc:
        tell(f"the demo did not succeed: {exc}")
        return 1
    return 0 if _good(summary) else 1


def _play(options: Options, place: DemoPlace, stack: ExitStack, stop: Event) -> tuple[dict[str, Any], str]:
    people = make_people(place)
    domain = make_domain(place.folder / "kerberos") if options.kerberos else None
    valkey = EmbeddedValkey(place.folder / "valkey")
    stack.callback(valkey.stop)
    valkey.start()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EXCONN_")}
    settings = service_settings(place, valkey.url) | make_service_keys(place)
    environment = kept | settings | (domain.kdc.environment if domain else {})
    supervisor = Supervisor(logs=place.logs, environment=environment)
    stack.callback(supervisor.stop)
    if domain is not None:
        _start_domain(domain, place, supervisor, stop)
    simulator = _start_simulator(options, place, supervisor, stop, domain)
    _start_services(place, supervisor, valkey.url)
    if not options.once:
        write_worker_env(place, environment)
        for context in write_contexts(place, people, simulator.control_url):
            stack.callback(context.unlink, missing_ok=True)

    def alive() -> None:
        if stop.is_set():
            raise Interrupted
        failure = supervisor.failed()
        if failure is not None:
            raise failure

    client = Client(place=place, control_url=simulator.control_url, key=people.key, alive=alive)
    for url in (place.monitor_url, place.intake_url):
        client.wait(f"an answer at {url}", _answers(f"{url}/health"), within=START_WITHIN)
    summary = Story(client=client, tell=tell).play(demo_definition(simulator, domain.keytabs if domain else {}))
    client.wait("Flower", _answers(f"{place.flower_url}/healthcheck"), within=START_WITHIN)
    summary["flower"] = {"url": place.flower_url}
    summary["console"] = {"url": place.monitor_url}
    return summary, _unwiped_name(client)


def _start_domain(domain: DemoDomain, place: DemoPlace, supervisor: Supervisor, stop: Event) -> None:
    tell(f"starting a Kerberos domain of its own, {domain.kdc.realm}")
    supervisor.start("kdc", domain.kdc.command, **domain.kdc.own_environment)
    _wait_for(domain.kdc.answers, "kdc", place, supervisor, stop)


def _wait_for(ready: Callable[[], bool], name: str, place: DemoPlace, supervisor: Supervisor, stop: Event) -> None:
    deadline = time.monotonic() + START_WITHIN.total_seconds()
    while not ready():
        failure = supervisor.failed()
        if failure is not None:
            raise failure
        if stop.wait(0.1):
            raise Interrupted
        if time.monotonic() > deadline:
            raise StoryError(f"{name} did not start; see {place.logs / name}.log")


def _start_simulator(
    options: Options, place: DemoPlace, supervisor: Supervisor, stop: Event, domain: DemoDomain | None
) -> SimulatorAddress:
    address = place.simulator / "simulator.json"
    address.unlink(missing_ok=True)
    tell(f"starting a made-up Exchange with {options.devices} devices")
    supervisor.start_service(
        "simulator",
        EXCONN_SIMULATOR_STATE_DIR=str(place.simulator),
        EXCONN_SIMULATOR_DEVICES=str(options.devices),
        EXCONN_SIMULATOR_SEED=str(options.seed),
        EXCONN_SIMULATOR_ESTATE=os.environ.get("EXCONN_SIMULATOR_ESTATE", "real"),
        **(domain.simulator if domain else {}),
    )
    _wait_for(address.exists, "simulator", place, supervisor, stop)
    return SimulatorAddress.parse(address.read_text(encoding="utf-8"))


def _start_services(place: DemoPlace, supervisor: Supervisor, broker_url: str) -> None:
    supervisor.run("load-functions", [sys.executable, "-m", "exconn.coordinator", "load-functions"])
    tell("starting coordinator, intake, three workers, monitor and Flower")
    for service in ("monitor", "intake", "coordinator", "discovery", "policy", "actions"):
        supervisor.start_service(service)
    supervisor.start(
        "flower",
        [sys.executable, "-m", "celery", "flower"],
        BROKER_URL=broker_url,
        CELERY_BROKER_URL=broker_url,
        FLOWER_ADDRESS="127.0.0.1",
        FLOWER_PORT=str(place.ports.flower),
        FLOWER_READ_ONLY="True",
        FLOWER_TASKS_COLUMNS="name,uuid,state,received,started,runtime,worker",
        FLOWER_NATURAL_TIME="True",
    )


def _folder(options: Options, stack: ExitStack) -> Path:
    if options.folder is not None:
        options.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        if any(options.folder.iterdir()):
            raise StoryError(f"{options.folder} is not empty: name a new folder")
        return options.folder
    if options.once:
        folder = Path(tempfile.mkdtemp(prefix="exconn-demo-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder / "demo"
    shutil.rmtree(USUAL_FOLDER, ignore_errors=True)
    # The context lies in the folder above, where nobody else may write.
    USUAL_FOLDER.parent.mkdir(mode=0o700, exist_ok=True)
    USUAL_FOLDER.mkdir(mode=0o700)
    return USUAL_FOLDER


def _finish(options: Options, summary: dict[str, Any], choice: str, stop: Event) -> None:
    if options.as_json:
        print(json.dumps(summary), flush=True)
    if options.once:
        tell(f"done in {summary['seconds']} s")
        return
    if not options.as_json:
        from exconn.demo.card import card

        print(card(summary, user=choice), flush=True)
    stop.wait()
    tell("ending everything")


def _good(summary: dict[str, Any]) -> bool:
    discovery, policy, wipe = summary["discovery"], summary["policy"], summary["wipe"]
    return bool(
        discovery["devices"] == discovery["expected"]
        and policy["drift_after"] == 0
        and wipe["state"] == "acknowledged"
        and wipe["clear_cmdlets"] == 1
    )


def _unwiped_name(client: Client) -> str:
    """A name to try: one device of that name, not wiped."""
    devices = client.read("/devices", connector="demo", limit=200)["devices"]
    names = [device["name"] for device in devices]
    for device in reversed(devices):
        name = str(device["name"])
        if names.count(name) == 1 and name.isprintable() and not device["wipe"]["requested"]:
            return name
    return "USER_DeviceType"


def _answers(url: str) -> Callable[[], bool | None]:
    def look() -> bool | None:
        return True if httpx2.get(url, timeout=2.0, trust_env=False).status_code < 400 else None

    return look


def _listen() -> Event:
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


__all__ = ["Options", "Ports", "run"]
