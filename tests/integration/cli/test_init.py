"""`exconn init` for one machine: what it wrote starts the services, with answers and records signed and checked."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from exconn.keyspace import connect
from tests.integration.cli.conftest import SOON
from tests.integration.cli.running import CommandLine
from tests.support.machine.processes import ChildProcesses, wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.system.intake import install_connector


@pytest.fixture
def begun(exconn: CommandLine, processes: ChildProcesses, tmp_path: Path) -> Iterator[CommandLine]:
    """Intake and monitor as the settings of `init` start them; a folder with a blank in its name."""
    exconn = CommandLine(exconn.folder / "my exconn")
    exconn.folder.mkdir()
    assert exconn("init", "--requester", "anna").code == 0
    place = exconn.folder / ".exconn"
    with RestartableValkey(tmp_path / "valkey", appendfsync="always") as server:
        settings = place / "services.env"
        text = settings.read_text().replace("redis://127.0.0.1:6379/0", server.url)
        ports = "EXCONN_MONITOR_PORT=0\nEXCONN_INTAKE_PORT=0\nEXCONN_AUDIT_CHECKPOINT_EVERY=1s\n"
        settings.write_text(text + ports)
        with connect(server.url) as client:
            install_connector(client, "contoso")
        context = (place / "context.toml").read_text()
        for service, usual in (("monitor", "http://127.0.0.1:8780"), ("intake", "http://127.0.0.1:8781")):
            start(processes, exconn, settings, service)
            told = place / f"{service}.json"
            wait_until(told.exists, SOON, f"{service} to listen", logs=processes.logs)
            context = context.replace(usual, json.loads(told.read_text())["url"])
        (place / "context.toml").write_text(context)
        yield exconn


def start(processes: ChildProcesses, exconn: CommandLine, settings: Path, service: str) -> None:
    """As the first lines of the settings say."""
    command = shlex.join(exconn.command("run", service)[0])
    sourced = f"set -a; . {shlex.quote(str(settings))}; set +a; exec {command}"
    processes.start_program(service, "sh", "-c", sourced)


def test_what_init_wrote_starts_services_whose_answers_and_records_are_checked(begun: CommandLine) -> None:
    def paused() -> bool:
        return begun("brakes", "pause", "--quiet").code == 0

    wait_until(paused, SOON, "intake to answer")

    def sealed() -> bool:
        return begun("audit", "verify", "--json").code == 0

    wait_until(sealed, SOON, "a checkpoint in both places")
    verified = begun("audit", "verify")
    assert "note:" not in verified.err
    assert (begun.folder / ".exconn" / "checkpoints").exists()
    problems = begun("problems", "list", "--json").json["problems"]
    assert [one["code"] for one in problems if one["code"] in ("records_unchecked", "audit_broken")] == []
    context, other = (begun.folder / ".exconn" / name for name in ("context.toml", "actions.pub"))
    own = (begun.folder / ".exconn" / "intake.pub").read_text().strip()
    context.write_text(context.read_text().replace(own, other.read_text().strip()))
    assert begun("brakes", "pause").code == 9


def test_where_services_run_elsewhere_no_key_of_theirs_is_made(exconn: CommandLine) -> None:
    keys = {
        "--intake-public-key": "aW50YWtl",
        "--audit-public-key": "bW9uaXRvcg==",
        "--actions-public-key": "YWN0aW9ucw==",
    }

    made = exconn("init", "--json", *(word for pair in keys.items() for word in pair)).json["written"]

    assert [Path(name).name for name in made] == ["context.toml", "connector.toml", "operator.pem", "requesters.toml"]
    context = (exconn.folder / ".exconn" / "context.toml").read_text()
    assert 'intake_public_key = "aW50YWtl"' in context
    assert 'audit_public_key = "bW9uaXRvcg=="' in context
    assert 'actions_public_key = "YWN0aW9ucw=="' in context
    assert "services.env" not in context


def test_requester_is_not_named_like_a_service(exconn: CommandLine) -> None:
    ran = exconn("init", "--requester", "monitor")

    assert ran.code == 2
    assert "--requester anna" in ran.err
