"""Keeps sessions warm: opening one costs Exchange seconds, a command only milliseconds.

One session per process, thread, account and role; on another server when the caller names another. A session holds
its seat as long as it is open: a background thread renews the seats. Another one, which may have to wait for Exchange,
ends sessions that are old, idle for so long that Exchange would soon end them, or idle at all while others wait for a
seat. It also ends the shells that other processes of the account left behind when they died.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from redis.exceptions import RedisError

from exconn.contracts.roles import AccountRole
from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import NoSeat, SessionMisuse
from exconn.exchange.session import Session
from exconn.logs import get_logger
from exconn.sessions.seats import Orphan, Seat, Seats

IDLE_LIMIT = timedelta(minutes=5)
AGE_LIMIT = timedelta(minutes=30)
#: After this long without use, the session is asked for a sign of life before anything is sent through it:
#: a command that changes Exchange must not be the one that finds the connection dead.
PROBE_AFTER = timedelta(seconds=60)
#: A session whose seat others wait for may stay idle this long: its worker may be fetching the next job.
YIELD_AFTER = timedelta(seconds=2)
#: Exchange ends a shell that was idle for its own limit: a session is let go after this part of it.
SHARE_OF_IDLE_LIMIT = 0.5
_TICK_SECONDS = 1.0
#: How often it is looked for shells whose holders died.
_ORPHANS_EVERY_SECONDS = 5.0

Clock = Callable[[], float]
OpenSession = Callable[[Endpoint], Session]
EndOrphan = Callable[[Orphan], None]
#: Thread, group (the connector), account, role.
_Key = tuple[int, str, str, AccountRole]


@dataclass(eq=False)
class _Warm:
    """An open session with its seat."""

    session: Session
    endpoint: Endpoint
    seats: Seats
    seat: Seat
    opened: float
    used: float
    renewed: float
    end_orphan: EndOrphan | None = None
    in_use: bool = True
    seat_lost: bool = False
    #: Others waited for a seat when it was renewed.
    wanted: bool = False
    #: The last renewal came later than it should.
    late: bool = False
    ending: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, *, to_end: bool = False) -> bool:
        """Take it for one user: the thread that it serves, or the one that ends it."""
        with self.lock:
            claimed, self.in_use = not self.in_use, True
            self.ending = self.ending or (claimed and to_end)
            return claimed


class SessionPool:
    """Lends sessions: `with keeper.session(endpoint, seats, role="actions") as session: …`."""

    def __init__(
        self,
        *,
        open_session: OpenSession = Session.open,
        idle_limit: timedelta = IDLE_LIMIT,
        age_limit: timedelta = AGE_LIMIT,
        clock: Clock = time.monotonic,
    ) -> None:
        self._open_session = open_session
        self._idle_limit = idle_limit.total_seconds()
        self._age_limit = age_limit.total_seconds()
        self._clock = clock
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._warm: dict[_Key, _Warm] = {}
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._orphans_seen = self._clock()

    def url_of(self, account: str, *, role: AccountRole, group: str = "") -> str | None:
        """Where this thread's warm session of the account is, if it has one."""
        if self._pid != os.getpid():
            return None
        warm = self._warm.get((threading.get_ident(), group, account, role))
        return warm.endpoint.url if warm else None

    @contextmanager
    def session(
        self,
        endpoint: Endpoint,
        seats: Seats,
        *,
        role: AccountRole,
        group: str = "",
        open_session: OpenSession | None = None,
        end_orphan: EndOrphan | None = None,
    ) -> Iterator[Session]:
        """A session for this thread, warm if there is one. Raises NoSeat at once when every seat is taken.

        A warm session at another endpoint of the same `group` and account is ended once the new one is open, and
        gives its seat to it. A session that broke while it was lent is ended with its seat; the next call opens a
        new one. `end_orphan` is called in the background for shells of the account whose holders died.
        """
        if self._pid != os.getpid():
            # A forked child: sessions and seats belong to the parent, which renews and ends them.
            self._reset()
        key = (threading.get_ident(), group, endpoint.username, role)
        opener = open_session or self._open_session
        warm = self._checked_out(key)
        if warm is None:
            warm = self._opened(key, endpoint, seats, opener)
        elif warm.endpoint != endpoint:
            self._move(key, warm, endpoint, opener)
        warm.end_orphan = end_orphan
        try:
            yield warm.session
        finally:
            self._checked_in(key, warm)

    def close(self) -> None:
        """End every idle session of this process and stop the background threads."""
        if self._pid != os.getpid():
            return
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)
        for key, warm in self._present():
            if not warm.in_use:
                self._end(key, warm)

    def _checked_out(self, key: _Key) -> _Warm | None:
        with self._lock:
            warm = self._warm.get(key)
        if warm is None:
            return None
        if not warm.claim():
            if warm.ending:
                return None
            raise SessionMisuse("this thread is using it already")
        idle = self._clock() - warm.used
        stale = warm.seat_lost or not warm.session.usable or self._is_old(warm) or idle >= self._idle_limit_of(warm)
        if stale or (idle > PROBE_AFTER.total_seconds() and not warm.session.is_alive()):
            self._end(key, warm)
            return None
        return warm

    def _is_old(self, warm: _Warm) -> bool:
        return self._clock() - warm.opened > self._age_limit

    def _idle_limit_of(self, warm: _Warm) -> float:
        """Well before Exchange would end the shell, so that no command finds it ended."""
        limit = warm.session.idle_limit
        return self._idle_limit if limit is None else min(self._idle_limit, limit.total_seconds() * SHARE_OF_IDLE_LIMIT)

    def _opened(self, key: _Key, endpoint: Endpoint, seats: Seats, open_session: OpenSession) -> _Warm:
        *_, role = key
        seat = seats.take(role)
        if seat is None:
            raise NoSeat(endpoint.username, role)
        try:
            session = open_session(endpoint)
        except BaseException:
            seats.give_back(seat)
            raise
        now = self._clock()
        warm = _Warm(session, endpoint, seats, seat, opened=now, used=now, renewed=now)
        self._note_shell(warm)
        with self._lock:
            self._warm[key] = warm
            self._start_threads()
        return warm

    def _move(self, key: _Key, warm: _Warm, endpoint: Endpoint, open_session: OpenSession) -> None:
        """Open it elsewhere on its seat; where that fails it stays where it is."""
        try:
            session = open_session(endpoint)
        except BaseException:
            self._checked_in(key, warm)
            raise
        left, warm.session, warm.endpoint = warm.session, session, endpoint
        warm.opened = self._clock()
        self._note_shell(warm)
        left.close()

    @staticmethod
    def _note_shell(warm: _Warm) -> None:
        # Not told: the shell idles out, should this process die.
        with suppress(RedisError):
            warm.seats.opened(warm.seat, shell_id=warm.session.shell_id, url=warm.endpoint.url)

    def _checked_in(self, key: _Key, warm: _Warm) -> None:
        warm.used = self._clock()
        if warm.session.usable and not warm.seat_lost:
            warm.in_use = False
        else:
            self._end(key, warm)

    def _end(self, key: _Key, warm: _Warm) -> None:
        with self._lock:
            if self._warm.get(key) is warm:
                del self._warm[key]
        warm.session.close()
        # A seat that can not be given back now runs out by itself.
        with suppress(RedisError):
            warm.seats.give_back(warm.seat)

    def _start_threads(self) -> None:
        if self._threads and all(thread.is_alive() for thread in self._threads):
            return
        self._stop.clear()
        self._threads = [
            threading.Thread(target=self._repeat, args=(work,), name=name, daemon=True)
            for name, work in (("exchange-seats", self._renew), ("exchange-ends", self._tidy))
        ]
        for thread in self._threads:
            thread.start()

    def _present(self) -> list[tuple[_Key, _Warm]]:
        with self._lock:
            return list(self._warm.items())

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            _attempt(work)

    # -- renewing: never waits for Exchange ---------------------------------------------------------------

    def _renew(self) -> None:
        for _, warm in self._present():
            _attempt(partial(self._renew_one, warm))

    def _renew_one(self, warm: _Warm) -> None:
        now = self._clock()
        waiting = not warm.in_use and now - warm.used >= YIELD_AFTER.total_seconds()
        if not waiting and now - warm.renewed < warm.seats.ttl.total_seconds() / 3:
            return
        renewal = warm.seats.renew(warm.seat)
        warm.late = self._is_late(warm, now)
        warm.renewed = now
        warm.seat_lost = not renewal.held
        warm.wanted = renewal.wanted

    @staticmethod
    def _is_late(warm: _Warm, now: float) -> bool:
        return now - warm.renewed >= warm.seats.ttl.total_seconds()

    # -- ending: each end may take as long as a server is silent ------------------------------------------

    def _tidy(self) -> None:
        self._let_go()
        self._end_orphans()

    def _let_go(self) -> None:
        for key, warm in self._present():
            idle = self._clock() - warm.used
            wanted = warm.wanted and idle >= YIELD_AFTER.total_seconds()
            worn = idle >= self._idle_limit_of(warm) or self._is_old(warm)
            if not warm.in_use and (wanted or warm.seat_lost or worn) and warm.claim(to_end=True):
                _attempt(partial(self._end, key, warm))

    def _end_orphans(self) -> None:
        """End shells of each account that nobody renews any more.

        Not right after the seats could not be renewed: the others' seats look as dead then as those of the dead.
        """
        now = self._clock()
        if now - self._orphans_seen < _ORPHANS_EVERY_SECONDS:
            return
        of_accounts = {
            (group, account): (warm, warm.end_orphan)
            for (_, group, account, _), warm in self._present()
            if warm.end_orphan is not None and not warm.late and not self._is_late(warm, now)
        }
        if of_accounts:
            self._orphans_seen = now
        for warm, end_orphan in of_accounts.values():
            for orphan in warm.seats.orphans():
                get_logger(__name__).info("ending the shell of a lost worker", shell=orphan.shell_id)
                _attempt(partial(end_orphan, orphan))
                self._let_go()


def _attempt(work: Callable[[], None]) -> None:
    """What fails is tried again at the next tick; a seat that can not be renewed runs out by itself."""
    try:
        work()
    except Exception as exc:  # noqa: BLE001  (an entry point: without its thread the seats run out)
        get_logger(__name__).warning("exchange seats not looked after", error=type(exc).__name__)
