"""Opens Exchange sessions for workers: which server and account is read from the connector's newest revision.

One instance belongs to one worker process. A session stays warm between jobs, and keeps its seat as long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.connector import AccountRole, ConnectorDefinition, ConnectorStore
from exconn.exchange import Endpoint, SeatCount, Session, SessionKeeper, end_shell
from exconn.sessions.endpoints import endpoint_of

if TYPE_CHECKING:
    import redis


#: A killed worker's seats are taken for this long; renewed every third of it.
SEAT_TTL = timedelta(seconds=20)


class Sessions:
    """Warm sessions of one process, within the seats of each account."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._store = ConnectorStore(client)
        self._keeper = SessionKeeper()

    @contextmanager
    def open(self, connector: str, role: AccountRole) -> Iterator[Session]:
        """A session with that role's account.

        Raises NoSeat when all seats are taken (defer the job), NoAccountError, the connector library's errors and those
        of the Exchange client.
        """
        endpoint = self.endpoint(connector, role)
        seats = SeatCount(self._client, connector, endpoint.username, ttl=SEAT_TTL)
        with self._keeper.session(endpoint, seats, purpose=role) as session:
            yield session

    def definition(self, connector: str, revision: int) -> ConnectorDefinition:
        """The definition that a job was made with, but with the newest addresses and accounts."""
        return self._store.definition(connector, revision or None)

    def end_shell(self, connector: str, role: AccountRole, shell_id: str) -> None:
        """End a shell that a lost worker left behind; one that is gone already is fine."""
        end_shell(self.endpoint(connector, role), shell_id)

    def endpoint(self, connector: str, role: AccountRole) -> Endpoint:
        """Address and account from the newest revision; the password is read from its file each time."""
        return endpoint_of(self._store.definition(connector), role)

    def close(self) -> None:
        """End the idle sessions of this process."""
        self._keeper.close()
