"""A role's account together with the servers that the connector's newest definition lets it be shown to."""

from contextlib import suppress
from dataclasses import dataclass

from exconn.connector import ConnectorDefinition, ConnectorError
from exconn.contracts.roles import AccountRole
from exconn.exchange import (
    Candidate,
    Endpoint,
    ExchangeError,
    NoSeat,
    Session,
    SiteAddress,
    Unreachable,
    candidates_for_site,
)
from exconn.sessions.endpoints import endpoint_of
from exconn.sessions.permitted import EVERYTHING, Permitted
from exconn.sessions.seats import Orphan, SeatCount
from exconn.sessions.server_cache import ServerCache
from exconn.sessions.shared_account import SharedAccount


@dataclass(frozen=True, kw_only=True)
class ConnectorAccount:
    """Who goes there, and where that is."""

    definition: ConnectorDefinition
    shared: SharedAccount
    server_cache: ServerCache
    permitted: Permitted = EVERYTHING

    @property
    def connector(self) -> str:
        return self.shared.connector

    @property
    def username(self) -> str:
        return self.shared.username

    @property
    def role(self) -> AccountRole:
        return self.shared.role

    @property
    def seats(self) -> SeatCount:
        return self.shared.seats

    @property
    def site(self) -> str:
        return self.definition.exchange.sites()[0].site

    @property
    def hosted(self) -> bool:
        return self.definition.exchange.hosted

    def candidates(self) -> tuple[Candidate, ...]:
        """The addresses to ask, the best first; of the servers that Exchange names, those that are permitted."""
        exchange = self.definition.exchange
        configured = [SiteAddress(each.site, each.url) for each in exchange.sites()]
        known = None if self.hosted else self.server_cache.recall(self.connector)
        servers = [each for each in known.servers if self.permitted.permits_host(each.fqdn)] if known else ()
        return candidates_for_site(self.site, configured, servers, domains=exchange.domains)

    def is_first_contact(self) -> bool:
        """Whether Exchange has never named its servers."""
        return not self.hosted and self.server_cache.recall(self.connector) is None

    def endpoint(self, candidate: Candidate) -> Endpoint:
        """A candidate with the account; secrets are read from their files each time.

        Raises NoAccountError, NotPermittedError, SecretError and EndpointRefused.
        """
        return endpoint_of(self.definition, self.role, candidate, permitted=self.permitted)

    def sign_in(self, endpoint: Endpoint) -> Session:
        """Open a session there; raises as `SharedAccount.sign_in`."""
        return self.shared.sign_in(endpoint)

    def end_session(self, session_id: str, server: str) -> None:
        """End a session that a lost worker left behind on `server`, or on the first address; one that is gone is fine.

        Raises Unreachable for a server that the definition no longer names: it is shown no password, and no other
        server can tell whether the session is gone. Raises also as `SharedAccount.end_session`.
        """
        named = (each for each in self.candidates() if not server or server in (each.host, each.server))
        candidate = next(named, None)
        if candidate is None:
            raise Unreachable(server, "it has the session of a lost worker, but the connector names it no longer")
        self.shared.end_session(self.endpoint(candidate), session_id)

    def end_orphan(self, orphan: Orphan) -> None:
        """End it where it was opened; a server that the definition no longer names is shown no password."""
        candidate = next((each for each in self.candidates() if each.url == orphan.url), None)
        if candidate is None:
            return
        # One that can not be ended idles out.
        with suppress(ExchangeError, ConnectorError):
            try:
                self.shared.end_session(self.endpoint(candidate), orphan.session_id)
            except NoSeat:
                self.seats.put_back(orphan)
