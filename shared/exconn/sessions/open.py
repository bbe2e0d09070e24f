"""Opens Exchange sessions for workers: which server and account is read from the connector's newest revision.

One instance belongs to one worker process. A session stays warm between jobs, and keeps its seat as long.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from exconn.connector import ConnectorDefinition, ConnectorError, ConnectorStore
from exconn.contracts.roles import AccountRole
from exconn.exchange import (
    Candidate,
    CmdletMissing,
    Endpoint,
    ExchangeError,
    NoSeat,
    ParameterMissing,
    RefusedByExchange,
    Session,
    SiteAddress,
    Unreachable,
    candidates_for_site,
    older_than_newest,
)
from exconn.ledger import Ledger
from exconn.logs import get_logger
from exconn.sessions.account import SEAT_TTL, SharedAccount
from exconn.sessions.endpoints import endpoint_of
from exconn.sessions.failover import Failover
from exconn.sessions.pool import SessionPool
from exconn.sessions.seats import Orphan
from exconn.sessions.server_cache import ServerCache
from exconn.sessions.server_circuits import ServerCircuits
from exconn.stream import Number

if TYPE_CHECKING:
    import redis

#: How often it is looked whether the list of servers is still fresh.
_LOOK_FOR_SERVERS_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class _Way:
    """A connector's newest addresses, and the role whose account goes there."""

    connector: str
    role: AccountRole
    definition: ConnectorDefinition

    @property
    def site(self) -> str:
        return self.definition.exchange.sites()[0].site

    @property
    def configured(self) -> list[SiteAddress]:
        return [SiteAddress(each.site, each.url) for each in self.definition.exchange.sites()]

    @property
    def hosted(self) -> bool:
        return self.definition.exchange.hosted

    def endpoint(self, candidate: Candidate | None = None) -> Endpoint:
        """A candidate with the account, or the first configured address; secrets are read from their files each time.

        Raises NoAccountError, SecretError and EndpointRefused.
        """
        return endpoint_of(self.definition, self.role, candidate)


class Sessions:
    """Warm sessions of one process, within the seats of each account, at the servers that answer."""

    def __init__(
        self,
        client: "redis.Redis",
        *,
        first_pause: timedelta = timedelta(seconds=5),
        longest_pause: timedelta = timedelta(minutes=5),
        seat_ttl: timedelta = SEAT_TTL,
    ) -> None:
        self._seat_ttl = seat_ttl
        self._client = client
        self._store = ConnectorStore(client)
        self._memory = ServerCache(client)
        self._ledger = Ledger(client)
        self._keeper = SessionPool()
        self._pauses = (first_pause, longest_pause)
        self._servers_looked_for: dict[str, float] = {}

    @contextmanager
    def open(self, connector: str, role: AccountRole, *, insistent: bool = False) -> Iterator[Session]:
        """A session with that role's account, at the first server that answers; `insistent` also asks those that did
        not answer a moment ago.

        Raises NoSeat when all seats are taken and Throttled when Exchange wants nothing of the account now (defer the
        job), NoServer, NoAccountError, the connector library's errors and those of the Exchange client.
        """
        way = self._way(connector, role)
        account = self._shared(way, way.endpoint().username)
        account.check_pace(role)
        with ExitStack() as stack:
            session = self._reach(way, account, insistent=insistent, stack=stack)
            self._read_servers(way, session)
            yield session

    def definition(self, connector: str, revision: int) -> ConnectorDefinition:
        """The definition that a job was made with, but with the newest addresses and accounts."""
        return self._store.definition(connector, revision or None)

    def end_shell(self, connector: str, role: AccountRole, shell_id: str, *, server: str = "") -> None:
        """End a shell that a lost worker left behind on `server`; one that is gone already is fine.

        Raises Unreachable for a server that the definition no longer names: it is shown no password, and no other
        server can tell whether the shell is gone. Raises NoSeat while others sign in, and what ending a shell raises.
        """
        way = self._way(connector, role)
        candidates = self._candidates(way)
        named = (each for each in candidates if not server or server in (each.host, each.server))
        candidate = next(named, None)
        if candidate is None:
            raise Unreachable(server, "it has the shell of a lost worker, but the connector names it no longer")
        endpoint = way.endpoint(candidate)
        self._shared(way, endpoint.username).end_shell(endpoint, role, shell_id)

    def endpoint(self, connector: str, role: AccountRole) -> Endpoint:
        """The first configured address with that role's account."""
        return self._way(connector, role).endpoint()

    def close(self) -> None:
        """End the idle sessions of this process."""
        self._keeper.close()

    # -- who goes where -----------------------------------------------------------------------------------

    def _way(self, connector: str, role: AccountRole) -> _Way:
        return _Way(connector=connector, role=role, definition=self._store.definition(connector))

    def _candidates(self, way: _Way) -> tuple[Candidate, ...]:
        known = None if way.hosted else self._memory.recall(way.connector)
        servers = known.servers if known else ()
        return candidates_for_site(way.site, way.configured, servers, domains=way.definition.exchange.domains)

    def _shared(self, way: _Way, username: str) -> SharedAccount:
        return SharedAccount(
            self._client,
            way.connector,
            username,
            seats=way.definition.seats.of(hosted=way.hosted),
            seat_ttl=self._seat_ttl,
            tell_refused=partial(self._tell_refused, way, username),
        )

    def _reach(self, way: _Way, account: SharedAccount, *, insistent: bool, stack: ExitStack) -> Session:
        first, longest = self._pauses
        reach = Failover(
            way.site,
            ServerCircuits(self._client, way.connector, first_pause=first, longest_pause=longest),
            warm_url=self._keeper.url_of(account.username, role=way.role, group=way.connector),
            insistent=insistent,
            tell=partial(self._tell_failed, way),
        )

        def enter(candidate: Candidate) -> AbstractContextManager[Session]:
            return self._keeper.session(
                way.endpoint(candidate),
                account.seats,
                role=way.role,
                group=way.connector,
                open_session=partial(account.sign_in, role=way.role),
                end_orphan=partial(self._end_orphan, way),
            )

        def first_contact() -> bool:
            return not way.hosted and self._memory.recall(way.connector) is None

        return reach.session(stack, self._candidates(way), enter, first_contact=first_contact)

    def _end_orphan(self, way: _Way, orphan: Orphan) -> None:
        """End it where it was opened; a server that the definition no longer names is shown no password."""
        candidate = next((each for each in self._candidates(way) if each.url == orphan.url), None)
        if candidate is None:
            return
        # One that can not be ended idles out.
        with suppress(ExchangeError, ConnectorError):
            endpoint = way.endpoint(candidate)
            account = self._shared(way, endpoint.username)
            try:
                account.end_shell(endpoint, way.role, orphan.shell_id)
            except NoSeat:
                account.seats.put_back(orphan)

    # -- the organization's servers -----------------------------------------------------------------------

    def _read_servers(self, way: _Way, session: Session) -> None:
        """Keep the list of servers fresh; an account that may not read it, goes without."""
        now, looked = time.monotonic(), self._servers_looked_for.get(way.connector, float("-inf"))
        due = now - looked >= _LOOK_FOR_SERVERS_EVERY.total_seconds()
        if way.role != "discovery" or way.hosted or not due:
            return
        self._servers_looked_for[way.connector] = now
        if self._memory.is_fresh(self._memory.recall(way.connector)):
            return
        log = get_logger(__name__)
        try:
            servers = session.servers()
        except (CmdletMissing, ParameterMissing, RefusedByExchange) as exc:
            log.warning("exchange servers not read", connector=way.connector, error=str(exc))
            return
        self._memory.keep(way.connector, servers)
        newer = older_than_newest(session.server, servers)
        if newer is not None:
            log.warning(
                "the exchange server is older than the newest one: mailboxes there may not show; name the newest",
                server=session.server,
                newest=newer.fqdn,
            )

    # -- what people are told -----------------------------------------------------------------------------

    def _tell_failed(self, way: _Way, server: str, why: str) -> None:
        data = {"site_name": way.site, "server": server, "reason": why}
        self._ledger.announce(Number.RUNSPACE_FAILED, connector=way.connector, by=way.role, data=data)

    def _tell_refused(self, way: _Way, username: str) -> None:
        data = {"account": username, "role": way.role}
        self._ledger.announce(Number.ACCOUNT_REFUSED, connector=way.connector, by=way.role, data=data)
