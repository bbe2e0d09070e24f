"""The container engine as tests find it, and what earlier runs left on it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from tests.support.machine.skip_or_fail import EVERYTHING, require

ROOT = Path(__file__).parents[3]
#: Every deployment of a test run is a project of this name and the run's process id.
PREFIX = "exconn-test-"
PROJECT_LABEL = "com.docker.compose.project"
SHORT = timedelta(seconds=60)


class CommandFailedError(AssertionError):
    """A command of engine or compose did not do what it was to do."""

    def __init__(self, command: Sequence[str], told: str) -> None:
        self.command = command
        super().__init__(f"{' '.join(command)}: {told[-4000:]}")


def run(
    command: Sequence[str], *, within: timedelta = SHORT, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run to the end, whatever the exit code."""
    try:
        return subprocess.run(
            list(command),
            cwd=ROOT,
            env=dict(os.environ) | dict(environment or {}),
            capture_output=True,
            text=True,
            timeout=within.total_seconds(),
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise CommandFailedError(command, f"still running after {within}") from exc


def said(command: Sequence[str], *, within: timedelta = SHORT, environment: Mapping[str, str] | None = None) -> str:
    """What a command that must succeed wrote to standard output."""
    ended = run(command, within=within, environment=environment)
    if ended.returncode != 0:
        raise CommandFailedError(command, f"exit code {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout.strip()


def docker(*arguments: str, within: timedelta = SHORT) -> str:
    """What `docker ARGUMENTS` says. Raises CommandFailedError."""
    return said(["docker", *arguments], within=within)


def compose_command() -> list[str]:
    """Compose 2: the one beside this Python (requirements/delivery.txt), or the engine's plug-in."""
    beside = Path(sys.executable).with_name("docker-compose")
    if beside.exists():
        return [str(beside)]
    return ["docker", "compose"]


def require_engine() -> None:
    """Skip, or fail in CI, without an engine that answers and Compose 2."""
    engine = shutil.which("docker") is not None and run(["docker", "version"]).returncode == 0
    require(engine, "container engine", "install the package docker.io and start dockerd")
    compose = run([*compose_command(), "version"])
    require(compose.returncode == 0, "Compose 2", EVERYTHING)


def sweep() -> None:
    """Take away what runs that were aborted left: projects of processes that are gone."""
    for project in projects():
        if not Path(f"/proc/{project.removeprefix(PREFIX)}").exists():
            remove_project(project)


def projects() -> set[str]:
    """The test projects of which anything is left."""
    listed = [docker(*what, "--format", '{{.Label "' + PROJECT_LABEL + '"}}').splitlines() for what in _LISTS]
    return {name for names in listed for name in names if name.startswith(PREFIX)}


def left_of(project: str) -> list[str]:
    """Containers, networks and volumes of a project."""
    return [found for what in _LISTS for found in docker(*what, "--quiet", *_only(project)).splitlines()]


def remove_project(project: str) -> None:
    """Remove everything of a project by its label, without its compose file."""
    for listing, removing in zip(_LISTS, _REMOVALS, strict=True):
        found = docker(*listing, "--quiet", *_only(project)).splitlines()
        if found:
            run(["docker", *removing, *found])


def _only(project: str) -> tuple[str, str]:
    return "--filter", f"label={PROJECT_LABEL}={project}"


_LISTS = (("container", "ls", "--all"), ("network", "ls"), ("volume", "ls"))
_REMOVALS = (("container", "rm", "--force", "--volumes"), ("network", "rm"), ("volume", "rm", "--force"))
