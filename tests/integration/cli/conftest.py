"""The command line as a subprocess, against a real intake and a real monitor; the tests play the workers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from exconn.connector import ConnectorStore
from exconn.contracts import DeviceFact
from exconn.keyspace import connect
from exconn.ledger import Ledger
from tests.integration.cli.doctor_scene import DoctorScene
from tests.integration.cli.running import CommandLine
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.machine.processes import ChildProcess, ChildProcesses, wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.requests.signed import DEPLOYMENT
from tests.support.system.intake import RunningIntake, discover, install_connector, start_intake
from tests.support.system.monitor import RunningMonitor, start_monitor

SOON = timedelta(seconds=30)


def guid(number: int) -> str:
    return f"11111111-2222-3333-4444-{number:012d}"


DEVICES = [
    DeviceFact(
        guid=guid(1),
        name="jdoe_iPhone",
        device_id="ID1",
        device_type="iPhone",
        owner_name="jdoe",
        model="A",
        identity="contoso.test/jdoe/iPhone\u00a7ID1",
        user_domain="contoso.test",
        access_control_rule="A (DeviceModel)",
        os_language="nl",
        mobile_operator="Example Mobile",
    ),
    DeviceFact(guid=guid(2), name="twin_iPhone", device_id="ID2", device_type="iPhone", owner_name="twin", model="B"),
    DeviceFact(guid=guid(3), name="twin_iPhone", device_id="ID3", device_type="iPhone", owner_name="twin", model="C"),
    DeviceFact(guid=guid(4), name="\x1b[31mred_Outlook", device_id="ID4", device_type="Outlook", owner_name="red"),
    DeviceFact(guid=guid(5), name="red_Outlook", device_id="ID5", device_type="Outlook", owner_name="red"),
    DeviceFact(guid=guid(6), name="red_Service", device_id="ID6", device_type="OutlookService", owner_name="red"),
    DeviceFact(
        guid=guid(7),
        name="shut_iPhone",
        device_id="ID7",
        device_type="iPhone",
        owner_name="shut",
        access_state="Blocked",
    ),
]


@dataclass(frozen=True)
class Operator:
    """The command line with everything behind it."""

    exconn: CommandLine
    connector: str
    monitor: RunningMonitor
    ledger: Ledger
    processes: ChildProcesses

    def start(self, *words: str) -> ChildProcess:
        """A command that goes on while the test does something else; its output is in its log."""
        context = str(self.exconn.folder / ".exconn" / "context.toml")
        env = {"COLUMNS": "80", "HOME": str(self.exconn.folder)}
        return self.processes.start("exconn", "-m", "exconn.cli", "--context", context, *words, env=env)


def write_context(folder: Path, **fields: str) -> None:
    place = folder / ".exconn" / "context.toml"
    place.parent.mkdir(exist_ok=True)
    told = {"deployment": DEPLOYMENT, **fields}
    place.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in told.items()))


@pytest.fixture
def exconn(tmp_path: Path) -> CommandLine:
    """A command line without any context."""
    folder = tmp_path / "operator"
    folder.mkdir()
    return CommandLine(folder)


@dataclass(frozen=True)
class Services:
    """The services behind the command line, for all tests of a module; each test has a connector of its own."""

    url: str
    intake: RunningIntake
    monitor: RunningMonitor
    numbers: Iterator[int]


@contextmanager
def running_services(folder: Path) -> Iterator[Services]:
    """A server, an intake and a monitor."""
    processes = ChildProcesses(folder)
    with RestartableValkey(folder / "valkey") as server:
        try:
            monitor = start_monitor(processes, server.url, folder)
            intake = start_intake(processes, folder, server.url, env={"EXCONN_INTAKE_DOOR": "false"})
            yield Services(server.url, intake, monitor, count(1))
        finally:
            processes.end_all()


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """One for the module: starting them takes longer than any of the tests."""
    with running_services(tmp_path_factory.mktemp("services")) as running:
        yield running


def become(operator: Operator, services: Services, name: str) -> None:
    """From now on somebody else types, with a key of their own."""
    place = operator.exconn.folder / ".exconn" / "context.toml"
    text = place.read_text().replace(str(services.intake.key_file("anna")), str(services.intake.key_file(name)))
    place.write_text(text.replace('requester = "anna"', f'requester = "{name}"'))


@pytest.fixture
def operator(exconn: CommandLine, processes: ChildProcesses, services: Services) -> Iterator[Operator]:
    """A connector of this test alone, armed for actions, with seven devices discovered and shown."""
    connector = f"north-{next(services.numbers)}"
    with connect(services.url) as client:
        install_connector(client, connector)
        discover(client, services.url, DEVICES, connector=connector)
        ledger = Ledger(client)
        ledger.resume(connector, by="anna")
        write_context(
            exconn.folder,
            monitor_url=services.monitor.url,
            intake_url=services.intake.url,
            connector=connector,
            requester="anna",
            key_file=str(services.intake.key_file("anna")),
        )

        def shown() -> bool:
            return bool(services.monitor.json("/v1/devices", connector=connector)["total"] == len(DEVICES))

        wait_until(shown, SOON, "the devices to be shown")
        yield Operator(exconn, connector, services.monitor, ledger, processes)


@pytest.fixture(scope="package")
def doctor_parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RestartableValkey, RunningSimulator]]:
    place = tmp_path_factory.mktemp("doctor_parts")
    with (
        RestartableValkey(place / "valkey", appendfsync="always") as server,
        running_simulator(place, devices=5, version="SE") as simulator,
    ):
        yield server, simulator


@pytest.fixture
def scene(exconn: CommandLine, doctor_parts: tuple[RestartableValkey, RunningSimulator]) -> Iterator[DoctorScene]:
    server, simulator = doctor_parts
    simulator.start_anew(5)
    with connect(server.url) as client:
        client.flushall()
        made = DoctorScene(exconn, simulator, server, ConnectorStore(client))
        made.apply()
        yield made
