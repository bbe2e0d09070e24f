"""What people are told while sessions are opened: a server that stopped answering."""

from dataclasses import dataclass
from typing import Protocol

from exconn.contracts.roles import AccountRole
from exconn.ledger import Ledger
from exconn.stream import Number


class Announcer(Protocol):
    """Tells of one connector, for one role."""

    def server_failed(self, site: str, server: str, why: str, /) -> None:
        """A server of the site stopped answering, and another one serves."""


@dataclass(frozen=True)
class StatusAnnouncer:
    """Tells by status messages."""

    ledger: Ledger
    connector: str
    role: AccountRole

    def server_failed(self, site: str, server: str, why: str) -> None:
        data = {"site_name": site, "server": server, "reason": why}
        self.ledger.announce(Number.RUNSPACE_FAILED, connector=self.connector, by=self.role, data=data)


class SilentAnnouncer:
    """Tells nobody: for somebody who looks at an account and sees for himself."""

    def server_failed(self, _site: str, _server: str, _why: str, /) -> None:
        return
