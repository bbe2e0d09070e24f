"""Puts the parts together, and keeps them going until somebody says stop."""

import json
import logging
import os
from pathlib import Path
from threading import Event, Thread
from typing import Any

from exconn.simulator import failures
from exconn.simulator.accounts import Accounts, generate_accounts, read_accounts, write_password
from exconn.simulator.certificates import make_server_context
from exconn.simulator.control import ControlPort
from exconn.simulator.control_answers import ControlDesk
from exconn.simulator.counters import Counters
from exconn.simulator.directory import ORGANIZATION, SERVERS
from exconn.simulator.engine import Engine
from exconn.simulator.faults import Faults
from exconn.simulator.http import PowerShellEndpoint
from exconn.simulator.oracle import Oracle
from exconn.simulator.settings import SimulatorSettings
from exconn.simulator.shell import ShellTable
from exconn.simulator.world import Stage
from exconn.simulator.wsman import WsmanService

log = logging.getLogger(__name__)

_HOUSEKEEPING_SECONDS = 5.0


class Simulator:
    """One simulated Exchange with its two ports."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        directory = settings.state_dir
        directory.mkdir(parents=True, exist_ok=True)
        # Left by one that was killed; nobody is to take its word.
        self._description_file.unlink(missing_ok=True)
        self._accounts = Accounts(read_accounts(settings.users) if settings.users else generate_accounts())
        self._oracle = Oracle(directory / "oracle.jsonl")
        self._stage = Stage(settings.devices, settings.seed, settings.phone_sync)
        counters, faults = Counters(), Faults(settings.seed)
        engine = Engine(
            version=settings.version,
            server=SERVERS[0].fqdn,
            stage=self._stage,
            accounts=self._accounts,
            faults=faults,
            oracle=self._oracle,
            counters=counters,
        )
        self._shells = ShellTable(settings.shell_limit, settings.shell_idle, failures.too_many_shells)
        engine.shells = self._shells
        self._endpoint = PowerShellEndpoint(
            (settings.host, settings.port),
            accounts=self._accounts,
            service=WsmanService(self._shells, engine, counters),
            gate=faults,
            tls=make_server_context(directory, settings.host_names) if settings.tls else None,
            connection_limit=settings.connection_limit,
            compression=settings.compression,
        )
        desk = ControlDesk(
            stage=self._stage,
            oracle=self._oracle,
            counters=counters,
            faults=faults,
            shells=self._shells,
            accounts=self._accounts,
        )
        self._control = ControlPort(("127.0.0.1", settings.control_port), desk)
        self._stop = Event()

    @property
    def _description_file(self) -> Path:
        return self._settings.state_dir / "simulator.json"

    def run(self) -> None:
        """Serve until `stop` is called."""
        for server in (self._endpoint, self._control):
            Thread(target=server.serve_forever, args=(0.1,), name=type(server).__name__, daemon=True).start()
        self._describe()
        try:
            while not self._stop.wait(_HOUSEKEEPING_SECONDS):
                self._shells.close_idle()
        finally:
            self._close()

    def stop(self) -> None:
        """End `run`; may be called from a signal handler."""
        self._stop.set()

    def _close(self) -> None:
        self._description_file.unlink(missing_ok=True)
        self._shells.close_all()
        for server in (self._endpoint, self._control):
            server.shutdown()
            server.server_close()
        self._stage.world.phones.stop()
        self._oracle.close()

    def _describe(self) -> None:
        """Write `simulator.json` in one step: who finds it can connect."""
        target = self._description_file
        draft = target.with_suffix(".draft")
        draft.write_text(json.dumps(self._description(), indent=2), "utf-8")
        draft.replace(target)

    def _description(self) -> dict[str, Any]:
        settings = self._settings
        scheme = "https" if settings.tls else "http"
        directory = settings.state_dir.absolute()
        return {
            "url": f"{scheme}://{settings.host_names[0]}:{self._endpoint.server_address[1]}/PowerShell/",
            "control_url": f"http://127.0.0.1:{self._control.server_address[1]}",
            "ca_file": str(directory / "ca.pem") if settings.tls else None,
            "accounts": {
                a.name: {"username": a.username, "password_file": str(write_password(a, directory))}
                for a in self._accounts.all
            },
            "pid": os.getpid(),
            "organization": ORGANIZATION,
        }
