"""One deployment of compose.yaml, and its operator: the `exconn` command on this machine."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.containers.engine import CommandFailedError, compose_command, docker, run, said
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import free_port

UP_WITHIN = timedelta(minutes=12)
HEALTHY_WITHIN = timedelta(minutes=5)
#: Every service that is ours or keeps our data; the simulator stands for Exchange.
SERVICES = ("coordinator", "intake", "discovery", "policy", "actions", "monitor", "flower")
SERVERS = ("broker", "ledger")
DATABASE = "postgres"
#: How an administrator's client in the container of a server speaks to it.
VALKEY_CLI = "valkey-cli --tls --cacert /run/access/ca.crt --cert /run/access/tls.crt --key /run/access/tls.key"


@dataclass
class Stack:
    """The demo profile under a project name and ports of its own; `folder` is the operator's."""

    project: str
    folder: Path
    ports: dict[str, int] = field(default_factory=lambda: {n: free_port() for n in ("console", "intake", "flower")})
    own: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that compose.yaml reads."""
        return {
            "COMPOSE_BAKE": "false",
            "EXCONN_IMAGE": "exconn:test",
            "EXCONN_DEMO_IMAGE": "exconn-demo:test",
            "EXCONN_SIMULATOR_PHONE_SYNC": "2s",
            "EXCONN_CELERY_REQUESTERS": "hr",
            **{f"EXCONN_{name.upper()}_PORT": str(port) for name, port in self.ports.items()},
            **self.own,
        }

    def compose(self, *arguments: str, within: timedelta = HEALTHY_WITHIN) -> str:
        """What compose says. Raises CommandFailedError."""
        command = [*compose_command(), "--project-name", self.project, "--profile", "demo", *arguments]
        return said(command, within=within, environment=self.environment)

    def build(self) -> None:
        """Make the images, as `up` does."""
        self.compose("build", within=UP_WITHIN)

    def up(self, bounds: str = "") -> None:
        """Start everything with the one command of the README; bring the operator's files here.

        With `bounds`, the first registry has these, and is mounted from this machine: later they would wait for a day.
        """
        try:
            if bounds:
                self.compose("up", "--build", "prepare", within=UP_WITHIN)
                self._bring_files()
                self._use_own_registry(bounds)
            self.compose("up", "--build", "--wait", within=UP_WITHIN)
        except CommandFailedError as exc:
            raise CommandFailedError(exc.command, f"{exc}\n{self.logs()}") from exc
        self._bring_files()

    def _bring_files(self) -> None:
        self.compose("cp", "prepare:/operator/.", str(self.folder))

    def _use_own_registry(self, bounds: str) -> None:
        folder = self.folder / "registry"
        folder.mkdir(mode=0o755)
        registry = folder / "requesters.toml"
        prepared = (self.folder / "requesters.toml").read_text(encoding="utf-8")
        registry.write_text(prepared + bounds, encoding="utf-8")
        registry.chmod(0o644)
        self.own["EXCONN_REGISTRY"] = str(folder)
        self.folder.chmod(0o755)

    def down(self) -> None:
        """Everything away, with its data."""
        self.compose("down", "--volumes", "--timeout", "45")

    def logs(self) -> str:
        """The last lines of every container."""
        return run(
            [*compose_command(), "--project-name", self.project, "--profile", "demo", "logs", "--tail", "15"],
            environment=self.environment,
        ).stdout

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers, those that are stopped too."""
        return self.compose("ps", "--all", "--quiet", service).splitlines()

    def kill(self, service: str) -> None:
        """SIGKILL, and start again at once."""
        for container in self.containers(service):
            docker("kill", "--signal", "KILL", container)
            docker("start", container)

    def wait_healthy(self, *services: str) -> None:
        """Until every container of the services counts itself as healthy."""
        containers = [container for service in services for container in self.containers(service)]

        def healthy() -> bool:
            told = docker("inspect", "--format", "{{.State.Health.Status}}", *containers).split()
            return set(told) == {"healthy"}

        wait_until(healthy, HEALTHY_WITHIN, f"health of {', '.join(services)}")

    def inside(self, container: str, *command: str) -> "tuple[int, str]":
        """Exit code and output of a command in a container, as the container's own user."""
        ended = run(["docker", "exec", container, *command])
        return ended.returncode, (ended.stdout + ended.stderr).strip()

    def addresses(self, service: str) -> list[str]:
        """The addresses of a service's first container, one for each network that it is in."""
        each = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        return docker("inspect", "--format", each, self.containers(service)[0]).split()

    def refused_commands(self, server: str) -> list[dict[str, str]]:
        """What the server's access rules refused since its start."""
        ask = f"REDISCLI_AUTH=$(cat /run/access/auditor-password) {VALKEY_CLI} --json --user auditor acl log 100"
        code, told = self.inside(self.containers(server)[0], "sh", "-c", ask)
        if code != 0:
            raise CommandFailedError([ask], told)
        return [{key: str(value) for key, value in entry.items()} for entry in json.loads(told)]

    def exconn(self, *arguments: str, exits: int = 0, within: timedelta = HEALTHY_WITHIN) -> Any:
        """What an operator's command answers, with --json, and the exit code `exits`. Raises CommandFailedError."""
        command = [sys.executable, "-m", "exconn.cli", "--context", str(self.folder / "context.toml"), "--json"]
        ended = run([*command, *arguments], within=within, environment=_plain())
        if ended.returncode != exits:
            raise CommandFailedError(arguments, f"exit code {ended.returncode}\n{ended.stdout}{ended.stderr}")
        return json.loads(ended.stdout) if ended.stdout.strip() else None

    def get(self, port: str, path: str, *, login: str = "", method: str = "GET") -> "tuple[int, str]":
        """Status and body of a published port's answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[port]}{path}", method=method)
        if login:
            request.add_header("Authorization", f"Basic {login}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, exc.read().decode("utf-8", "replace")

    def wipes_in_exchange(self, guid: str) -> int:
        """How many wipe cmdlets Exchange accepted for a device, by the simulator's own log."""
        entries = self._simulator(f"/oracle?cmdlet=Clear-*&guid={guid}")["entries"]
        return len([entry for entry in entries if entry["outcome"] == "ok"])

    def phones(self) -> list[dict[str, Any]]:
        """Devices that answer a wipe: ActiveSync clients, allowed and in use, each the only one of its owner."""
        devices = self.exconn("devices", "list")["devices"]
        owners = [device["owner_name"] for device in devices]
        single = [device for device in devices if _is_phone(device) and owners.count(device["owner_name"]) == 1]
        # A phone lies in a drawer, or belongs to a mailbox that turns it away: only the simulator knows.
        used = {device["guid"] for device in self._simulator("/devices?limit=1000")["devices"] if device["online"]}
        return [device for device in single if device["guid"] in used]

    def _simulator(self, path: str) -> dict[str, Any]:
        """What the simulator's control port answers, which nobody outside its container reaches."""
        ask = (
            "import sys, urllib.request as u;"
            "print(u.urlopen('http://127.0.0.1:8444' + sys.argv[1], timeout=9).read().decode())"
        )
        code, told = self.inside(self.containers("simulator")[0], "python", "-c", ask, path)
        if code != 0:
            raise CommandFailedError([ask], told)
        found: dict[str, Any] = json.loads(told)
        return found


def _is_phone(device: dict[str, Any]) -> bool:
    plain = not device["device_type"].startswith("Outlook") and device["access_state"] == "Allowed"
    return plain and not device["open_action"] and not device["wipe"]["requested"]


def _plain() -> dict[str, str]:
    """Nothing of a shell's own exconn gets in."""
    return {name: "" for name in os.environ if name.startswith("EXCONN_")}


def names(entries: Sequence[dict[str, str]]) -> list[str]:
    """Refused commands in one line each, for messages."""
    return [f"{entry['username']}: {entry['reason']} {entry['object']}" for entry in entries]
