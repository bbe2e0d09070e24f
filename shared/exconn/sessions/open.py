"""Opens Exchange sessions for workers: which server and account is read from the connector's newest revision.

One instance belongs to one worker process. A session stays open between jobs, and keeps its seat as long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.connector import ConnectorDefinition, ConnectorStore
from exconn.contracts.roles import AccountRole
from exconn.exchange import CmdletMissing, Endpoint, NoSeat, ParameterMissing, Session, SessionGone
from exconn.ledger import AccountTroubles, Ledger
from exconn.sessions.account_gate import AccountGate
from exconn.sessions.announcer import StatusAnnouncer
from exconn.sessions.connector_account import ConnectorAccount
from exconn.sessions.endpoints import endpoint_of
from exconn.sessions.failover import OF_THE_SERVER, Failover
from exconn.sessions.permitted import EVERYTHING, Permitted
from exconn.sessions.pool import SessionPool
from exconn.sessions.server_cache import ServerCache
from exconn.sessions.server_circuits import FIRST_PAUSE, LONGEST_PAUSE, ServerCircuits
from exconn.sessions.server_list import ServerList
from exconn.sessions.shared_account import SEAT_TTL, SharedAccount

if TYPE_CHECKING:
    import redis


class Sessions:
    """The sessions of one process, within the seats of each account, at the servers that answer."""

    def __init__(
        self,
        client: "redis.Redis",
        *,
        first_pause: timedelta = FIRST_PAUSE,
        longest_pause: timedelta = LONGEST_PAUSE,
        seat_ttl: timedelta = SEAT_TTL,
        troubles: AccountTroubles | None = None,
        permitted: Permitted = EVERYTHING,
    ) -> None:
        self._client = client
        self._permitted = permitted
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._seat_ttl = seat_ttl
        self._store = ConnectorStore(client)
        self._ledger = Ledger(client)
        self._troubles = troubles or AccountTroubles(client)
        self._server_cache = ServerCache(client)
        self._server_list = ServerList(self._server_cache)
        self._pool = SessionPool()

    @contextmanager
    def open(
        self, connector: str, role: AccountRole, *, need: str = "", insistent: bool = False, anew: bool = False
    ) -> Iterator[Session]:
        """A session with that role's account, at the first server that answers; `insistent` also asks those that did
        not answer a moment ago. `need` is the kind and phase of the job, by which is known who needs a missing right.
        One that is signed in `anew` has the rights that the account has now.

        Raises NoSeat when all seats are taken, Throttled when Exchange wants nothing of the account now and
        AccountTroubled while the account, a right or the connection does not work (defer the job), NoServer, the
        connector library's errors and those of the Exchange client.
        """
        definition = self._store.definition(connector)
        gate = AccountGate(self._troubles, connector, role, _username(definition, role), need=need)
        with gate.recording():
            gate.enter()
            account = self._account(connector, role, definition)
            account.shared.check_throttle()
            with self._opened(account, gate, insistent=insistent, anew=anew or gate.is_trying) as session:
                yield session

    @contextmanager
    def _opened(
        self, account: ConnectorAccount, gate: AccountGate, *, insistent: bool, anew: bool
    ) -> Iterator[Session]:
        failover = Failover(
            account.site,
            self._circuits(account.connector),
            account.shared.announcer,
            open_at=self._pool.url_of(account),
            insistent=insistent,
        )
        for candidate in failover.to_ask(account.candidates()):
            try:
                pooled = self._pool.check_out(account, account.endpoint(candidate), anew=anew)
            except NoSeat:
                if anew or self._pool.url_of(account) is None:
                    raise
                continue  # Moving can wait: what is open still serves.
            except OF_THE_SERVER as exc:
                failover.failed(candidate, exc)
                continue
            try:
                failover.answered(candidate)
                gate.signed_in(pooled.session)
                if account.role == "discovery" and not account.hosted:
                    self._server_list.refresh(account.connector, pooled.session)
                yield pooled.session
            except (CmdletMissing, ParameterMissing) as exc:
                if pooled.lacked_right():
                    raise SessionGone("the account's rights may have changed since it was opened") from exc
                raise
            finally:
                self._pool.check_in(pooled)
            return
        raise failover.error(first_contact=account.is_first_contact())

    def definition(self, connector: str, revision: int) -> ConnectorDefinition:
        """The definition that a job was made with, but with the newest addresses and accounts."""
        return self._store.definition(connector, revision or None)

    def end_session(self, connector: str, role: AccountRole, session_id: str, *, server: str = "") -> None:
        """End a session that a lost worker left behind; raises as `ConnectorAccount.end_session`."""
        self._account(connector, role).end_session(session_id, server)

    def endpoint(self, connector: str, role: AccountRole) -> Endpoint:
        """The first configured address with that role's account."""
        return endpoint_of(self._store.definition(connector), role, permitted=self._permitted)

    def close(self) -> None:
        """End the idle sessions of this process."""
        self._pool.close()

    def _account(
        self, connector: str, role: AccountRole, definition: ConnectorDefinition | None = None
    ) -> ConnectorAccount:
        definition = definition or self._store.definition(connector)
        shared = SharedAccount(
            self._client,
            connector,
            endpoint_of(definition, role, permitted=self._permitted).username,
            role,
            seats=definition.seats.of(hosted=definition.exchange.hosted),
            seat_ttl=self._seat_ttl,
            announcer=StatusAnnouncer(self._ledger, connector, role),
        )
        return ConnectorAccount(
            definition=definition, shared=shared, server_cache=self._server_cache, permitted=self._permitted
        )

    def _circuits(self, connector: str) -> ServerCircuits:
        return ServerCircuits(self._client, connector, first_pause=self._first_pause, longest_pause=self._longest_pause)


def _username(definition: ConnectorDefinition, role: AccountRole) -> str:
    """The account's name; where the definition names none, what it lacks."""
    account = definition.accounts.of(role)
    return account.username if account else f"[accounts.{role}]"
