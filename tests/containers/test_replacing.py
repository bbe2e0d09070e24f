"""The commands for Compose on the page about upgrades, as they stand there: back-up, upgrade, putting back.

Each test goes on where the one before it ended, like somebody who reads the page.
"""

import os
import re
import shlex
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest

from tests.containers.test_kills import wait_acknowledged, wait_answers, wipe
from tests.support.containers.engine import ROOT, compose_command
from tests.support.containers.stack import SERVICES, Stack

PAGE = (ROOT / "docs/howto/upgrade.md").read_text(encoding="utf-8")
BLOCK_WITHIN_SECONDS = 300


class Page:
    """Runs the page's blocks on a deployment, from a folder of its own."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack = stack
        self.folder = folder
        program, *words = compose_command()
        # Without the demo's profile: nobody stops an Exchange for an upgrade, and the simulated one would forget.
        ours = ["--project-name", stack.project, "--project-directory", str(ROOT)]
        command = [str(shutil.which(program)), *words, *ours, "--file", str(ROOT / "compose.yaml")]
        shim = folder / "docker"
        shim.write_text(f'#!/bin/sh\nshift\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        shim.chmod(0o755)

    def run(self, first: str, **environment: str) -> str:
        """Run the one block with a command that begins so; what it says."""
        (block,) = [block for block in blocks() if f"docker compose {first}" in block]
        path = f"{self.folder}:{os.environ['PATH']}"
        ended = subprocess.run(
            ["sh", "-eu", "-c", block],
            cwd=self.folder,
            env=dict(os.environ) | self._stack.environment | environment | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=BLOCK_WITHIN_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{block}\n{ended.stdout}{ended.stderr[-4000:]}\n{self._stack.logs()}"
        return ended.stdout


def blocks() -> list[str]:
    """The blocks of the page's part on Compose."""
    part = PAGE.partition("\n## Compose\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL)


def test_a_block_is_found_by_each_of_its_commands() -> None:
    assert len(blocks()) == 5


@pytest.fixture(scope="module")
def page(installed: Stack, tmp_path_factory: pytest.TempPathFactory) -> Page:
    return Page(installed, tmp_path_factory.mktemp("page"))


def containers_of(stack: Stack) -> dict[str, list[str]]:
    return {service: stack.containers(service) for service in SERVICES}


def test_a_backup_has_what_the_ledger_and_the_monitor_know(installed: Stack, page: Page) -> None:
    page.run("run --rm --no-deps -T --entrypoint tar")

    with tarfile.open(page.folder / "ledger.tar") as ledger, tarfile.open(page.folder / "monitor.tar") as monitor:
        assert any("appendonlydir/" in name for name in ledger.getnames())
        assert any(name.endswith("/PG_VERSION") for name in monitor.getnames())


def test_an_upgrade_is_the_command_that_starts_everything(installed: Stack, page: Page) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    told = page.run("up --build --detach --wait")

    assert project["version"] in told
    wait_answers(installed)
    phone = installed.phones()[0]["guid"]
    wait_acknowledged(installed, {wipe(installed, phone): phone})


def test_services_are_replaced_one_after_the_other_while_wipes_are_under_way(installed: Stack, page: Page) -> None:
    before = containers_of(installed)
    phone = installed.phones()[0]["guid"]
    action = wipe(installed, phone)

    page.run("build prepare", EXCONN_LOG_LEVEL="debug")

    after = containers_of(installed)
    replaced = {service for service in SERVICES if not set(before[service]) & set(after[service])}
    # Flower has no setting that was changed.
    assert replaced >= set(SERVICES) - {"flower"}
    wait_answers(installed)
    wait_acknowledged(installed, {action: phone})


def test_a_database_that_was_put_back_is_caught_up_as_far_as_the_ledger_remembers(installed: Stack, page: Page) -> None:
    page.run("stop monitor postgres")

    wait_answers(installed)
    assert "history-missing" in [alarm["name"] for alarm in installed.exconn("status", exits=8)["alarms"]]


def test_a_ledger_that_was_put_back_opens_paused_and_goes_on_when_told_to(installed: Stack, page: Page) -> None:
    page.run("run --rm --no-deps -T --entrypoint sh ledger")
    wait_answers(installed)

    assert installed.exconn("brakes", "show")["switch"] == "paused"
    installed.exconn("brakes", "resume", "--yes")
    phone = installed.phones()[-1]["guid"]
    wait_acknowledged(installed, {wipe(installed, phone): phone})
