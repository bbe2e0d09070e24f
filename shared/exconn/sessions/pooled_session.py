"""An open session with its seat, and all of them in one process."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from redis.exceptions import RedisError

from exconn.contracts.roles import AccountRole
from exconn.exchange import Endpoint, Session
from exconn.sessions.seats import Orphan, Seat, Seats

IDLE_LIMIT = timedelta(minutes=5)
AGE_LIMIT = timedelta(minutes=30)
#: Exchange ends a session that was idle for its own limit: a session is let go after this part of it.
SHARE_OF_IDLE_LIMIT = 0.5

#: Thread, connector, account, role.
SessionKey = tuple[int, str, str, AccountRole]


class PoolAccount(Protocol):
    """An account whose sessions are kept in the pool."""

    @property
    def connector(self) -> str:
        """Two organizations may know an account of the same name."""

    @property
    def username(self) -> str:
        """The account's name."""

    @property
    def role(self) -> AccountRole:
        """What it is used for."""

    @property
    def seats(self) -> Seats:
        """The right to so many sessions at a time."""

    def sign_in(self, endpoint: Endpoint) -> Session:
        """Open a session there."""

    def end_orphan(self, orphan: Orphan) -> None:
        """End the session of a worker that died; called in the background."""


@dataclass(eq=False)
class PooledSession:
    """An open session with its seat; one thread uses it at a time, or one that ends it."""

    key: SessionKey
    account: PoolAccount
    endpoint: Endpoint
    session: Session
    seat: Seat
    opened: float
    used: float
    renewed: float
    in_use: bool = True
    seat_lost: bool = False
    #: Others waited for a seat when it was renewed.
    wanted: bool = False
    #: The last renewal came later than it should.
    late: bool = False
    ending: bool = False
    #: It was opened by an earlier job.
    reused: bool = False
    #: It is ended when it is checked in.
    is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, *, to_end: bool = False) -> bool:
        """Take it for one user: the thread that it serves, or the one that ends it."""
        with self._lock:
            claimed, self.in_use = not self.in_use, True
            self.ending = self.ending or (claimed and to_end)
            return claimed

    def is_worn(self, now: float) -> bool:
        """Old, or idle for so long that Exchange may soon end it: no command is to find it ended."""
        return now - self.opened > AGE_LIMIT.total_seconds() or now - self.used >= self._idle_limit()

    def lacked_right(self) -> bool:
        """A command lacked a right, which a session keeps as it was when it was opened: it is not used again. True
        where it was opened by an earlier job, so that a new one may show the right."""
        self.is_over = True
        return self.reused

    def is_late(self, now: float) -> bool:
        """Whether its seat may have run out since it was renewed."""
        return now - self.renewed >= self.account.seats.ttl.total_seconds()

    def note_session(self) -> None:
        """Tell the others which session to end, should this process die; untold it idles out."""
        with suppress(RedisError):
            self.account.seats.opened(self.seat, session_id=self.session.session_id, url=self.endpoint.url)

    def _idle_limit(self) -> float:
        own, limit = IDLE_LIMIT.total_seconds(), self.session.idle_limit
        return own if limit is None else min(own, limit.total_seconds() * SHARE_OF_IDLE_LIMIT)


class OpenSessions:
    """The open sessions of one process, by thread and account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[SessionKey, PooledSession] = {}

    def find(self, key: SessionKey) -> PooledSession | None:
        with self._lock:
            return self._sessions.get(key)

    def all(self) -> list[PooledSession]:
        with self._lock:
            return list(self._sessions.values())

    def add(self, pooled: PooledSession) -> None:
        with self._lock:
            self._sessions[pooled.key] = pooled

    def end(self, pooled: PooledSession) -> None:
        """Close a session and give its seat back; may take as long as the server is silent."""
        with self._lock:
            if self._sessions.get(pooled.key) is pooled:
                del self._sessions[pooled.key]
        pooled.session.close()
        # A seat that can not be given back now runs out by itself.
        with suppress(RedisError):
            pooled.account.seats.give_back(pooled.seat)
