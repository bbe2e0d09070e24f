"""A worker's place for the doctor: a server, a simulated Exchange, an applied connector."""

import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest

from exconn.cli.main import main
from exconn.connector import ConnectorStore, parse_definition
from tests.integration.cli.running import CommandLine, Ran
from tests.support.exchange.simulator import RunningSimulator
from tests.support.machine.valkey import RestartableValkey

CONNECTOR = "contoso"


@dataclass
class DoctorScene:
    """A worker's place: a server, a simulated Exchange, an applied connector."""

    exconn: CommandLine
    simulator: RunningSimulator
    server: RestartableValkey
    store: ConnectorStore

    def apply(self, **accounts: Any) -> None:
        """Apply a definition with these accounts, or with the simulator's three."""
        self.store.apply(parse_definition(self.definition(**accounts)), by="test")

    def definition(self, url: str = "", ca_file: str = "", **accounts: Mapping[str, str]) -> str:
        """The text of a definition."""
        named = accounts or self.simulator.accounts
        parts = [f'name = "{CONNECTOR}"', "[exchange]", f'url = "{url or self.simulator.url}"', 'auth = "basic"']
        parts.append(f'ca_file = "{ca_file or self.simulator.ca_file}"')
        for role, account in named.items():
            parts.append(f"[accounts.{role}]")
            parts += [f"{field} = {json.dumps(account[field])}" for field in ("username", "password_file")]
        return "\n".join(parts)

    def organization(self) -> str:
        """The GUID by which the simulated organization is known."""
        (found,) = [each for each in self.doctor("--json").json["checks"] if each["check"] == "organization"]
        return str(found["data"]["guid"])

    def file(self, text: str) -> str:
        """A definition in a file."""
        path = self.exconn.folder / "connector.toml"
        path.write_text(text)
        return str(path)

    def doctor(self, *words: str, **env: str) -> Ran:
        """Run it with a worker's variables, in this process: starting one takes longer than the looks."""
        own = {
            "EXCONN_BROKER_URL": self.server.url,
            "EXCONN_LEDGER_URL": self.server.url,
            "EXCONN_LEDGER_DURABILITY": "disk",
            "EXCONN_EXCHANGE_HOSTS": "127.0.0.1,localhost,127.0.0.2",
            "EXCONN_EXCHANGE_SIGN_INS": "basic",
            "EXCONN_SECRETS_DIR": "/",
            "COLUMNS": "80",
        }
        out, err = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in (own | env).items():
                patch.setenv(name, value)
            code = main(["doctor", *words])
        return Ran(code, out.getvalue(), err.getvalue())

    def checks(self, *words: str, state: str = "failed", **env: str) -> list[dict[str, Any]]:
        """The findings of one state."""
        found = self.doctor(*words, "--json", **env).json["checks"]
        return [each for each in found if each["state"] == state]
