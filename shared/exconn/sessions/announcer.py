"""What people are told while sessions are opened: an account that Exchange refuses, a server that stopped answering."""

from dataclasses import dataclass
from typing import Protocol

from exconn.contracts.roles import AccountRole
from exconn.ledger import Ledger
from exconn.stream import Number


class Announcer(Protocol):
    """Tells of one connector, for one role."""

    def account_refused(self, account: str, /) -> None:
        """Exchange refused name and password, and that is news."""

    def server_failed(self, site: str, server: str, why: str, /) -> None:
        """A server of the site stopped answering, and another one serves."""


@dataclass(frozen=True)
class StatusAnnouncer:
    """Tells by status messages."""

    ledger: Ledger
    connector: str
    role: AccountRole

    def account_refused(self, account: str) -> None:
        self._announce(Number.ACCOUNT_REFUSED, {"account": account, "role": self.role})

    def server_failed(self, site: str, server: str, why: str) -> None:
        self._announce(Number.RUNSPACE_FAILED, {"site_name": site, "server": server, "reason": why})

    def _announce(self, number: Number, data: dict[str, object]) -> None:
        self.ledger.announce(number, connector=self.connector, by=self.role, data=data)


class SilentAnnouncer:
    """Tells nobody: for somebody who looks at an account and sees for himself."""

    def account_refused(self, _account: str, /) -> None:
        return

    def server_failed(self, _site: str, _server: str, _why: str, /) -> None:
        return
