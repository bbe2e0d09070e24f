"""The commands for Compose on the page about upgrades, as they stand there: back-up, upgrade, putting back."""

import os
import re
import shlex
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path

from tests.containers.test_kills import wait_acknowledged, wait_answers, wipe
from tests.support.containers.engine import ROOT, compose_command
from tests.support.containers.stack import Stack

PAGE = (ROOT / "docs/howto/upgrade.md").read_text(encoding="utf-8")
COMMAND_WITHIN_SECONDS = 300


class Page:
    """Runs commands of the page on a deployment, from a folder of its own, and remembers which."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack = stack
        self.folder = folder
        self.left = commands()
        program, *words = compose_command()
        # Without the demo's profile: nobody stops an Exchange for an upgrade, and the simulated one would forget.
        ours = ["--project-name", stack.project, "--project-directory", str(ROOT)]
        command = [str(shutil.which(program)), *words, *ours, "--file", str(ROOT / "compose.yaml")]
        shim = folder / "docker"
        shim.write_text(f'#!/bin/sh\nshift\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        shim.chmod(0o755)

    def run(self, *first: str) -> str:
        """Run the next commands of the page that begin so, one for each; what they say."""
        return "".join(self._run(words) for words in first)

    def _run(self, first: str) -> str:
        command = next(command for command in self.left if command.startswith(f"docker compose {first}"))
        self.left.remove(command)
        ended = subprocess.run(
            ["sh", "-eu", "-c", command],
            cwd=self.folder,
            env=dict(os.environ) | self._stack.environment | {"PATH": f"{self.folder}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr[-4000:]}\n{self._stack.logs()}"
        return ended.stdout


def commands() -> list[str]:
    """The commands of the page's part on Compose, in order."""
    part = PAGE.partition("\n## Compose\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_a_deployment_is_backed_up_upgraded_and_put_back_by_the_commands_of_the_page(
    installed: Stack, tmp_path: Path
) -> None:
    """In another order than on the page, so that everything is stopped and started twice and not five times."""
    page = Page(installed, tmp_path)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    page.run("stop", "run --rm --no-deps -T --entrypoint tar ledger", "run --rm --no-deps -T --entrypoint tar postgres")
    with tarfile.open(tmp_path / "ledger.tar") as ledger, tarfile.open(tmp_path / "monitor.tar") as database:
        assert any("appendonlydir/" in name for name in ledger.getnames())
        assert any(name.endswith("/PG_VERSION") for name in database.getnames())
    page.run(
        "build prepare", "run --rm prepare", "restart broker ledger", "run --rm load-functions", "run --rm migrate"
    )
    page.run(*(f"up --detach --no-deps --wait {which}" for which in ("monitor", "discovery", "coordinator")))
    page.run("up --build --detach --wait")
    assert project["version"] in page.run("exec intake exconn version")
    wait_answers(installed)
    phone = installed.phones()[0]["guid"]
    wait_acknowledged(installed, {wipe(installed, phone): phone})

    page.run("stop monitor postgres", "run --rm --no-deps -T --entrypoint sh postgres")
    page.run("stop", "run --rm --no-deps -T --entrypoint sh ledger", "up --detach --wait")
    wait_answers(installed)
    assert installed.exconn("brakes", "show")["switch"] == "paused"
    installed.exconn("brakes", "resume", "--yes")

    # The same start, once for the database and once for the ledger.
    assert page.left == ["docker compose up --detach --wait"]
