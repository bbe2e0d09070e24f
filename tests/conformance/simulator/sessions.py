"""Sessions with the real pypsrp, as a client of Exchange opens them."""

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pypsrp.exceptions import WinRMError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan
from requests import RequestException

from tests.support.exchange.simulator import RunningSimulator

#: What no account of the connector has: to make policies and access rules, and to decide who gets in.
GOVERNING = (
    "*-ActiveSyncMailboxPolicy",
    "*-MobileDeviceMailboxPolicy",
    "*-ActiveSyncDeviceAccessRule",
    "Set-ActiveSync*",
)


@dataclass
class Outcome:
    """What one pipeline gave."""

    output: list[Any]
    state: int
    errors: list[Any]
    warnings: list[str]

    @property
    def records(self) -> list[dict[str, Any]]:
        """The adapted properties of each object."""
        return [o.adapted_properties for o in self.output]


@dataclass
class PypsrpSession:
    """An open pool."""

    pool: RunspacePool
    wsman: WSMan

    def prepare(self, cmdlet: str, **parameters: object) -> PowerShell:
        """A pipeline that is not started yet."""
        shell = PowerShell(self.pool)
        shell.add_cmdlet(cmdlet)
        for name, value in parameters.items():
            shell.add_parameter(name, value)
        return shell

    def run(self, cmdlet: str, **parameters: object) -> Outcome:
        """Run a cmdlet to its end and free it."""
        return self.finish(self.prepare(cmdlet, **parameters))

    def finish(self, shell: PowerShell) -> Outcome:
        """Run a prepared pipeline to its end and free it."""
        output = shell.invoke()
        outcome = Outcome(
            output, shell.state, list(shell.streams.error), [str(w.message) for w in shell.streams.warning]
        )
        shell.close()
        return outcome


@dataclass
class Sessions:
    """Opens pools; each is closed at the end of the test."""

    simulator: RunningSimulator
    stack: ExitStack
    opened: list[PypsrpSession] = field(default_factory=list)
    #: Sessions see all domains, as services do, and not only that of the servers.
    entire_forest: bool = False

    def wsman(
        self, account: str = "actions", *, password: str | None = None, url: str | None = None, **settings: Any
    ) -> WSMan:
        """A connection that is not used yet."""
        address = urlsplit(url or self.simulator.url)
        return WSMan(
            str(address.hostname),
            port=address.port,
            path=settings.pop("path", "PowerShell/"),
            ssl=True,
            auth="basic",
            username=self.simulator.username(account),
            password=self.simulator.password(account) if password is None else password,
            cert_validation=self.simulator.ca_file,  # type: ignore[arg-type]  # a file, too
            **settings,
        )

    def open(self, account: str = "actions", **settings: Any) -> PypsrpSession:
        """An open pool."""
        wsman = self.wsman(account, **settings)
        pool = RunspacePool(wsman, configuration_name="Microsoft.Exchange")
        pool.open()
        session = PypsrpSession(pool, wsman)
        if self.entire_forest:
            session.run("Set-ADServerSettings", ViewEntireForest=True)
        self.stack.callback(_close, session)
        return session

    def governing(self) -> PypsrpSession:
        """A session of somebody who may change what holds for everybody, until the test ends."""
        self.stack.callback(self.simulator.rights, "policy")
        self.simulator.rights("policy", also=GOVERNING)
        return self.open("policy")


def _close(session: PypsrpSession) -> None:
    # A test may have broken the connection or the shell on purpose.
    with suppress(WinRMError, RequestException):
        session.pool.close()
    session.wsman.close()
