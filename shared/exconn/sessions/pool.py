"""Keeps sessions open between jobs: opening one costs Exchange seconds, a command only milliseconds.

One session per process, thread, account and role; on another server when the caller names another. A session holds
its seat as long as it is open. The upkeep renews seats and ends sessions in the background.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from exconn.exchange import Endpoint, NoSeat, SessionMisuse
from exconn.sessions.pool_upkeep import PoolUpkeep
from exconn.sessions.pooled_session import OpenSessions, PoolAccount, PooledSession, SessionKey

#: After this long without use, the session is asked for a sign of life before anything is sent through it:
#: a command that changes Exchange must not be the one that finds the connection dead.
PROBE_AFTER = timedelta(seconds=60)


class SessionPool:
    """The sessions of one process. What is checked out is checked in by the same thread."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start_empty()

    def _start_empty(self) -> None:
        self._pid = os.getpid()
        self._sessions = OpenSessions()
        self._upkeep = PoolUpkeep(self._sessions, self._clock)

    def url_of(self, account: PoolAccount) -> str | None:
        """Where this thread's open session of the account is, if it has one."""
        if self._pid != os.getpid():
            return None
        pooled = self._sessions.find(_key_of(account))
        return pooled.endpoint.url if pooled else None

    def check_out(self, account: PoolAccount, endpoint: Endpoint, *, anew: bool = False) -> PooledSession:
        """This thread's session at that endpoint: the open one, or that one moved there, or a new one; one that is
        signed in `anew` where the caller wants to know whether that works.

        Raises NoSeat at once when every seat is taken, and what signing in raises.
        """
        if self._pid != os.getpid():
            # A forked child: sessions and seats belong to the parent, which renews and ends them.
            self._start_empty()
        pooled = self._claimed(_key_of(account))
        if pooled is None:
            return self._new(account, endpoint)
        pooled.account = account
        pooled.reused = not anew and pooled.endpoint == endpoint
        if not pooled.reused:
            self._move(pooled, endpoint)
        return pooled

    def check_in(self, pooled: PooledSession) -> None:
        """Keep it for the next job; one that broke is ended with its seat."""
        pooled.used = self._clock()
        if pooled.session.usable and not pooled.seat_lost and not pooled.is_over:
            pooled.in_use = False
        else:
            self._sessions.end(pooled)

    def close(self) -> None:
        """End every idle session of this process and stop the upkeep."""
        if self._pid != os.getpid():
            return
        self._upkeep.stop()
        for pooled in self._sessions.all():
            if not pooled.in_use:
                self._sessions.end(pooled)

    def _claimed(self, key: SessionKey) -> PooledSession | None:
        """The open session, if there is one that may be trusted; one that may not is ended."""
        pooled = self._sessions.find(key)
        if pooled is None:
            return None
        if not pooled.claim():
            if pooled.ending:
                return None
            raise SessionMisuse("this thread is using it already")
        try:
            serves = self._serves(pooled)
        except BaseException:
            # It could not be asked: it is asked at the next check-out, instead of being in use for ever.
            pooled.in_use = False
            raise
        if not serves:
            self._sessions.end(pooled)
            return None
        return pooled

    def _serves(self, pooled: PooledSession) -> bool:
        now = self._clock()
        if pooled.seat_lost or not pooled.session.usable or pooled.is_worn(now):
            return False
        return now - pooled.used <= PROBE_AFTER.total_seconds() or pooled.session.is_alive()

    def _new(self, account: PoolAccount, endpoint: Endpoint) -> PooledSession:
        seat = account.seats.take(account.role)
        if seat is None:
            raise NoSeat(account.username, account.role)
        try:
            session = account.sign_in(endpoint)
        except BaseException:
            account.seats.give_back(seat)
            raise
        now = self._clock()
        key = _key_of(account)
        pooled = PooledSession(key, account, endpoint, session, seat, opened=now, used=now, renewed=now)
        pooled.note_session()
        self._sessions.add(pooled)
        self._upkeep.start()
        return pooled

    def _move(self, pooled: PooledSession, endpoint: Endpoint) -> None:
        """Open it elsewhere on its seat; where that fails it stays where it is."""
        try:
            session = pooled.account.sign_in(endpoint)
        except BaseException:
            self.check_in(pooled)
            raise
        left, pooled.session, pooled.endpoint = pooled.session, session, endpoint
        pooled.opened = self._clock()
        pooled.note_session()
        left.close()


def _key_of(account: PoolAccount) -> SessionKey:
    return threading.get_ident(), account.connector, account.username, account.role
