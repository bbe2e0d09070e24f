"""What is known of the worker that is examined: each check adds to it, and later ones build on it."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from exconn.cli.doctor.secret_files import is_on_this_machine

if TYPE_CHECKING:
    import redis

    from exconn.cli.http import Site
    from exconn.connector import ConnectorDefinition, ConnectorState
    from exconn.contracts import AccountRole
    from exconn.doorbell import WorkerSettings
    from exconn.exchange import Candidate, Endpoint
    from exconn.exchange.wsman.account_tickets import AccountTickets
    from exconn.sessions import Permitted, SharedAccount

#: A person waits in front of it: shorter than what workers allow.
CONNECT_WITHIN = timedelta(seconds=8)
ANSWER_WITHIN = timedelta(seconds=60)
#: In this order accounts are looked at.
ROLES: "tuple[AccountRole, ...]" = ("discovery", "policy", "actions")


@dataclass
class ExaminedWorker:
    """A worker, as far as it is known."""

    named: str = ""
    file: Path | None = None
    asked: "tuple[AccountRole, ...]" = ()
    #: The file that the variables were loaded from, where this shell sets none.
    variables_from: Path | None = None
    settings: "WorkerSettings | None" = None
    #: Where the monitor is asked; None where no context names it.
    monitor: "Site | None" = None
    client: "redis.Redis | None" = None
    state: "ConnectorState | None" = None
    definition: "ConnectorDefinition | None" = None
    #: What the machine's own settings permit, once they were read.
    permitted: "Permitted | None" = None
    #: Roles whose account can be tried from here.
    usable: "list[AccountRole]" = field(default_factory=list)
    #: Roles whose account has opened a session.
    signed_in: "list[AccountRole]" = field(default_factory=list)
    #: Roles whose account has a Kerberos ticket for Exchange, and those that get none.
    with_ticket: "list[AccountRole]" = field(default_factory=list)
    without_ticket: "list[AccountRole]" = field(default_factory=list)
    #: What the domain controller said of the accounts: each is tried once.
    tickets: "AccountTickets | None" = None
    #: Hosts to which a connection stands.
    reached: set[str] = field(default_factory=set)

    def roles(self) -> "tuple[AccountRole, ...]":
        """The accounts to look at: discovery, and what is armed or was asked for."""
        wanted: set[str] = {"discovery", *self.asked, *(self.state.armed if self.state else ())}
        return tuple(role for role in ROLES if role in wanted)

    def may_live_elsewhere(self, role: "AccountRole") -> bool:
        """Each worker has its own secret only: one that nobody asked for may be on another machine."""
        if self.definition is None or role in self.asked:
            return False
        others = [other for other in self.roles() if other != role]
        return any(is_on_this_machine(self.definition, other) for other in others)

    def endpoint(self, role: "AccountRole", candidate: "Candidate | None" = None) -> "Endpoint":
        """Where and as whom that account signs in: at the first address, or at another. Raises as `endpoint_of`."""
        from exconn.sessions import EVERYTHING, endpoint_of

        if self.definition is None:
            raise LookupError("an account was looked at before the definition")
        timeouts = {"connect_timeout": CONNECT_WITHIN, "operation_timeout": ANSWER_WITHIN}
        made = endpoint_of(self.definition, role, candidate, permitted=self.permitted or EVERYTHING)
        return made.model_copy(update=timeouts)

    def shared_account(self, role: "AccountRole", endpoint: "Endpoint") -> "SharedAccount | None":
        """The account as all workers share it; None where no ledger server counts."""
        if self.client is None or self.definition is None:
            return None
        from exconn.sessions import SharedAccount, SilentAnnouncer

        seats, name = self.definition.seats.of(hosted=endpoint.hosted), self.definition.name
        # Whoever runs the doctor sees a refusal; the workers need not be told of it.
        return SharedAccount(self.client, name, endpoint.username, role, seats=seats, announcer=SilentAnnouncer())

    def shared_by(self, role: "AccountRole") -> "tuple[AccountRole, ...]":
        """The roles that the same Exchange account serves."""
        if self.definition is None:
            return (role,)
        own = self.definition.accounts.of(role)
        name = own.username.casefold() if own else ""
        found = ((each, self.definition.accounts.of(each)) for each in ROLES)
        return tuple(each for each, account in found if account is not None and account.username.casefold() == name)
