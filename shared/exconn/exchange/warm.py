"""Keeps sessions warm: opening one costs Exchange seconds, a command only milliseconds.

One session per process, thread and endpoint. A session holds its seat as long as it is open: a background
thread renews the seats, and ends sessions that are idle too long, or idle at all while others wait for a seat.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from redis.exceptions import RedisError

from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import ExchangeError, NoSeat, SessionMisuse
from exconn.exchange.seats import Purpose, Seat, Seats
from exconn.exchange.session import Session
from exconn.logs import get_logger

IDLE_LIMIT = timedelta(minutes=5)
AGE_LIMIT = timedelta(minutes=30)
#: After this long without use, the session is asked for a sign of life before anything is sent through it:
#: a command that changes Exchange must not be the one that finds the connection dead.
PROBE_AFTER = timedelta(seconds=60)
#: A session whose seat others wait for may stay idle this long: its worker may be fetching the next job.
YIELD_AFTER = timedelta(seconds=2)
_TICK_SECONDS = 1.0

Clock = Callable[[], float]


@dataclass(eq=False)
class _Warm:
    """An open session with its seat."""

    session: Session
    seats: Seats
    seat: Seat
    opened: float
    used: float
    renewed: float
    in_use: bool = True
    seat_lost: bool = False
    ending: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, *, to_end: bool = False) -> bool:
        """Take it for one user: the thread that it serves, or the one that ends it."""
        with self.lock:
            claimed, self.in_use = not self.in_use, True
            self.ending = self.ending or (claimed and to_end)
            return claimed


class SessionKeeper:
    """Lends sessions: `with keeper.session(endpoint, seats, purpose="actions") as session: …`."""

    def __init__(
        self,
        *,
        open_session: Callable[[Endpoint], Session] = Session.open,
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
        self._warm: dict[tuple[int, Endpoint, Purpose], _Warm] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def session(self, endpoint: Endpoint, seats: Seats, *, purpose: Purpose) -> Iterator[Session]:
        """A session for this thread, warm if there is one. Raises NoSeat at once when every seat is taken.

        A session that broke while it was lent is ended with its seat; the next call opens a new one.
        """
        if self._pid != os.getpid():
            # A forked child: sessions and seats belong to the parent, which renews and ends them.
            self._reset()
        key = (threading.get_ident(), endpoint, purpose)
        warm = self._checked_out(key) or self._opened(key, seats)
        try:
            yield warm.session
        finally:
            self._checked_in(key, warm)

    def close(self) -> None:
        """End every idle session of this process and stop the background thread."""
        if self._pid != os.getpid():
            return
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        with self._lock:
            remaining = list(self._warm.items())
        for key, warm in remaining:
            if not warm.in_use:
                self._end(key, warm)

    def _checked_out(self, key: tuple[int, Endpoint, Purpose]) -> _Warm | None:
        with self._lock:
            warm = self._warm.get(key)
        if warm is None:
            return None
        if not warm.claim():
            if warm.ending:
                return None
            raise SessionMisuse("this thread is using it already")
        now = self._clock()
        stale = warm.seat_lost or not warm.session.usable or now - warm.opened > self._age_limit
        silent = now - warm.used > PROBE_AFTER.total_seconds()
        if stale or (silent and not warm.session.is_alive()):
            self._end(key, warm)
            return None
        return warm

    def _opened(self, key: tuple[int, Endpoint, Purpose], seats: Seats) -> _Warm:
        _, endpoint, purpose = key
        seat = seats.take(purpose)
        if seat is None:
            raise NoSeat(endpoint.username, purpose)
        try:
            session = self._open_session(endpoint)
        except BaseException:
            seats.give_back(seat)
            raise
        now = self._clock()
        warm = _Warm(session, seats, seat, opened=now, used=now, renewed=now)
        with self._lock:
            self._warm[key] = warm
            self._start_thread()
        return warm

    def _checked_in(self, key: tuple[int, Endpoint, Purpose], warm: _Warm) -> None:
        warm.used = self._clock()
        if warm.session.usable and not warm.seat_lost:
            warm.in_use = False
        else:
            self._end(key, warm)

    def _end(self, key: tuple[int, Endpoint, Purpose], warm: _Warm) -> None:
        with self._lock:
            if self._warm.get(key) is warm:
                del self._warm[key]
        warm.session.close()
        # A seat that can not be given back now runs out by itself.
        with suppress(RedisError):
            warm.seats.give_back(warm.seat)

    def _start_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._stop.clear()
            self._thread = threading.Thread(target=self._keep, name="exchange-seats", daemon=True)
            self._thread.start()

    def _keep(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            with self._lock:
                present = list(self._warm.items())
            for key, warm in present:
                try:
                    self._look_after(key, warm)
                except (RedisError, ExchangeError, OSError) as exc:
                    # Tried again at the next tick; a seat that can not be renewed runs out by itself.
                    get_logger(__name__).warning("exchange seat not renewed", error=type(exc).__name__)

    def _look_after(self, key: tuple[int, Endpoint, Purpose], warm: _Warm) -> None:
        now = self._clock()
        wanted = False
        idle = now - warm.used
        waiting = not warm.in_use and idle >= YIELD_AFTER.total_seconds()
        if waiting or now - warm.renewed >= warm.seats.ttl.total_seconds() / 3:
            renewal = warm.seats.renew(warm.seat)
            warm.renewed = now
            warm.seat_lost = not renewal.held
            wanted = renewal.wanted
        if warm.in_use or not (wanted or warm.seat_lost or idle >= self._idle_limit):
            return
        if warm.claim(to_end=True):
            self._end(key, warm)
