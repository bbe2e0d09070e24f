"""Every error is one line with the next command to type, and its exit code; never a traceback."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.integration.cli.conftest import write_context
from tests.integration.cli.running import CommandLine, Ran
from tests.support.machine.valkey import free_port


def is_clean(ran: Ran) -> bool:
    return "Traceback" not in ran.out + ran.err and ran.err.startswith("exconn: ") and ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("nonsense",), "exconn --help"),
        (("devices", "lst"), "Did you mean 'list'"),
        (("devices", "wipe"), "exconn devices wipe --help"),
        (("devices", "list", "--limit", "many"), "--limit"),
        (("devices", "list", "--limit", "0"), "--limit"),
        (("devices", "list", "--nope"), "--nope"),
        (("devices", "list"), "exconn init"),
        (("devices", "list", "jdoe", "--search", "anna"), "two searches"),
        (("--context", "/nonexistent/c.toml", "devices", "list"), "/nonexistent/c.toml"),
        (("run", "intak"), "did you mean intake?"),
        (("run", "intake", "--estate", "real"), "exconn run simulator --estate real"),
        (("run", "simulator", "--estate", "neat"), "one of tidy, real, hostile"),
        (("env", "show", "intake"), "EXCONN_BROKER_URL"),
        (("env", "sample", "x"), "one of"),
        (("connector", "check", "nowhere.toml"), "connector sample"),
        (("requesters", "keys", "--new", "/dev/null/k.pem"), "key file"),
    ],
)
def test_bad_input_exits_2_with_the_next_step(exconn: CommandLine, words: tuple[str, ...], text: str) -> None:
    ran = exconn(*words)

    assert ran.code == 2
    assert is_clean(ran)
    assert text in ran.err


def test_nothing_typed_shows_the_help_and_exits_2(exconn: CommandLine) -> None:
    ran = exconn()

    assert (ran.code, ran.err) == (2, "")
    assert "devices" in ran.out


def test_definition_lists_every_problem_with_its_line(exconn: CommandLine) -> None:
    file = exconn.folder / "c.toml"
    file.write_text(exconn("connector", "sample").out.replace("url", "ulr", 1).replace("find_all = true", "x = 1"))

    ran = exconn("connector", "check", str(file))

    assert ran.code == 2
    assert "exchange.ulr (line" in ran.err
    assert "did you mean url?" in ran.err
    assert "discovery.x (line" in ran.err
    assert ran.err.strip().splitlines()[-1].startswith("exconn: correct the file")


def test_service_that_does_not_answer_exits_6(exconn: CommandLine) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    write_context(exconn.folder, monitor_url=url, intake_url=url, connector="north")

    ran = exconn("devices", "list")

    assert (ran.code, is_clean(ran)) == (6, True)
    assert "exconn run monitor" in ran.err


@pytest.mark.parametrize("text", ["monitor_url = 1\n", "nonitor_url = 'x'\n", "[", "\udcff"])
def test_unusable_context_exits_2(exconn: CommandLine, text: str) -> None:
    place = exconn.folder / "context.toml"
    place.write_bytes(text.encode(errors="surrogateescape"))

    ran = exconn("status", env={"EXCONN_CONTEXT": str(place)})

    assert (ran.code, is_clean(ran)) == (2, True)


def test_context_that_lacks_a_field_says_which(exconn: CommandLine) -> None:
    write_context(exconn.folder, connector="north")

    ran = exconn("devices", "list")

    assert (ran.code, "monitor_url" in ran.err) == (2, True)


def test_flags_stand_anywhere(exconn: CommandLine) -> None:
    for words in (("--json", "version"), ("version", "--json")):
        assert json.loads(exconn(*words).out)["exconn"]


def test_init_writes_files_that_work_together_and_overwrites_nothing(exconn: CommandLine) -> None:
    first = exconn("init", "--connector", "north", "--requester", "anna")
    files = [line for line in first.out.splitlines() if line.startswith(".exconn/")]
    before = {name: (exconn.folder / name).read_bytes() for name in files}

    second = exconn("init", "--connector", "other")

    assert (first.code, second.code) == (0, 4)
    assert {name: (exconn.folder / name).read_bytes() for name in files} == before
    checked = exconn("connector", "check", ".exconn/connector.toml")
    assert checked.code == 0
    assert "every 1d" in checked.out
    assert "at most 10 in 20m, 50 in 1d" in checked.out
    listed = exconn("requesters", "list", "--json").json
    assert listed["requesters"][0]["requester"] == "anna"
    assert exconn("requesters", "keys", "--json").json["key"] == listed["requesters"][0]["keys"][0]
    for secret in ("anna.pem", "intake.pem"):
        assert (exconn.folder / ".exconn" / secret).stat().st_mode & 0o077 == 0
    context = tomllib.loads((exconn.folder / ".exconn" / "context.toml").read_text())
    assert context["intake_public_key"] == (exconn.folder / ".exconn" / "intake.pub").read_text().strip()


def test_context_that_init_wrote_counts_whatever_the_umask(exconn: CommandLine) -> None:
    command = f'"{sys.executable}" -m exconn.cli'
    ran = subprocess.run(
        ["sh", "-c", f"umask 0002; {command} init --monitor-url http://127.0.0.1:1 && {command} brakes show"],
        cwd=exconn.folder,
        env=exconn.command()[1]["env"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "the monitor at http://127.0.0.1:1 does not answer" in ran.stderr
    assert ran.returncode == 6


def test_settings_are_shown_with_secrets_masked(exconn: CommandLine) -> None:
    env = {
        "EXCONN_BROKER_URL": "redis://user:hunter2@127.0.0.1:1/0",
        "EXCONN_LEDGER_URL": "redis://127.0.0.1:1/0",
        "EXCONN_REQUESTERS_FILE": "x.toml",
    }

    ran = exconn("env", "show", "intake", "--json", env=env)

    assert ran.code == 0
    assert "hunter2" not in ran.out
    assert {row["variable"] for row in ran.json} >= {"EXCONN_BROKER_URL", "EXCONN_INTAKE_PORT"}


@pytest.mark.parametrize("service", ["coordinator", "intake", "discovery", "policy", "actions", "monitor", "simulator"])
def test_every_service_has_a_sample_of_its_settings(exconn: CommandLine, service: str) -> None:
    ran = exconn("env", "sample", service)

    assert (ran.code, "EXCONN_" in ran.out) == (0, True)


def test_schema_of_a_definition_is_json(exconn: CommandLine) -> None:
    assert exconn("connector", "schema").json["title"] == "ConnectorDefinition"


def test_run_becomes_the_service(exconn: CommandLine, tmp_path: Path) -> None:
    ran = exconn("run", "intake")

    assert ran.code == 2
    assert "EXCONN_LEDGER_URL" in ran.err
