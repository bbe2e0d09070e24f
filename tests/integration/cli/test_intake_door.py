"""The command line, intake and monitor over TLS that the services serve themselves, with answers that are signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from exconn.keyspace import connect
from exconn.ledger import Ledger
from tests.integration.cli.conftest import write_context
from tests.integration.cli.running import CommandLine
from tests.support.machine.processes import ChildProcesses
from tests.support.machine.valkey import RestartableValkey
from tests.support.network.certificates import certificate_files
from tests.support.system.intake import install_connector, start_intake
from tests.support.system.monitor import start_monitor


@dataclass(frozen=True)
class Doors:
    """Services that serve TLS themselves, and sign their answers."""

    redis_url: str
    state_dir: Path
    fields: dict[str, str]


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    authority = certificate_files(folder)
    cert, key = str(folder / "tls.crt"), str(folder / "tls.key")
    processes = ChildProcesses(folder)
    with RestartableValkey(folder / "valkey") as server:
        try:
            monitor = start_monitor(
                processes, server.url, folder, EXCONN_MONITOR_TLS_CERT_FILE=cert, EXCONN_MONITOR_TLS_KEY_FILE=key
            )
            env = {"EXCONN_INTAKE_TLS_CERT_FILE": cert, "EXCONN_INTAKE_TLS_KEY_FILE": key}
            env |= {"EXCONN_INTAKE_DOOR": "false"}
            intake = start_intake(processes, folder, server.url, env=env, ca_file=authority)
            with connect(server.url) as client:
                install_connector(client, "north")
            fields = {
                "monitor_url": monitor.url,
                "intake_url": intake.url,
                "connector": "north",
                "requester": "anna",
                "key_file": str(intake.key_file("anna")),
                "ca_file": str(authority),
                "intake_public_key": intake.public_key,
            }
            yield Doors(server.url, folder, fields)
        finally:
            processes.end_all()


def test_requests_and_questions_go_over_tls_and_answers_are_checked(exconn: CommandLine, doors: Doors) -> None:
    write_context(exconn.folder, **doors.fields)

    paused = exconn("brakes", "pause")

    assert (paused.code, paused.err) == (0, "")
    with connect(doors.redis_url) as client:
        assert Ledger(client).switch("north") == "paused"
    assert doors.fields["intake_url"].startswith("https://")
    assert exconn("connector", "list", "--json").code == 0


def test_health_check_asks_over_tls(exconn: CommandLine, doors: Doors) -> None:
    healthy = exconn.run_module("exconn.health", env={"EXCONN_STATE_DIR": str(doors.state_dir)})

    assert (healthy.code, healthy.err) == (0, "")


def test_server_of_another_authority_is_not_spoken_to(exconn: CommandLine, doors: Doors, tmp_path: Path) -> None:
    write_context(exconn.folder, **doors.fields | {"ca_file": str(certificate_files(tmp_path))})

    refused = exconn("brakes", "pause")

    assert refused.code == 6
    assert "certificate verify failed" in refused.err
