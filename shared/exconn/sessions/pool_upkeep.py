"""What happens to the sessions of a pool in the background, in two threads.

One renews the seats, and never waits for Exchange. The other, which may have to wait for Exchange, ends sessions that
are old, idle for so long that Exchange would soon end them, or idle at all while others wait for a seat. It also ends
the sessions that other processes of the account left behind when they died.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from exconn.logs import get_logger
from exconn.sessions.pooled_session import OpenSessions, PooledSession

#: A session whose seat others wait for may stay idle this long: its worker may be fetching the next job.
YIELD_AFTER = timedelta(seconds=2)
_TICK_SECONDS = 1.0
#: How often it is looked for sessions whose holders died.
_ORPHANS_EVERY_SECONDS = 5.0


class PoolUpkeep:
    """Looks after the open sessions of one process."""

    def __init__(self, sessions: OpenSessions, clock: Callable[[], float]) -> None:
        self._sessions = sessions
        self._clock = clock
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._orphans_seen = clock()

    def start(self) -> None:
        """Start the threads, unless they run."""
        with self._lock:
            if self._threads and all(thread.is_alive() for thread in self._threads):
                return
            self._stop.clear()
            self._threads = [
                threading.Thread(target=self._repeat, args=(work,), name=name, daemon=True)
                for name, work in (("exchange-seats", self._renew), ("exchange-ends", self._end_what_is_over))
            ]
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """Stop the threads; waits a while for what they are doing."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            _attempt(work)

    # -- renewing: never waits for Exchange ---------------------------------------------------------------

    def _renew(self) -> None:
        for pooled in self._sessions.all():
            _attempt(partial(self._renew_one, pooled))

    def _renew_one(self, pooled: PooledSession) -> None:
        now, seats = self._clock(), pooled.account.seats
        waiting = not pooled.in_use and now - pooled.used >= YIELD_AFTER.total_seconds()
        if not waiting and now - pooled.renewed < seats.ttl.total_seconds() / 3:
            return
        renewal = seats.renew(pooled.seat)
        pooled.late = pooled.is_late(now)
        pooled.renewed = now
        pooled.seat_lost = not renewal.held
        pooled.wanted = renewal.wanted

    # -- ending: each end may take as long as a server is silent ------------------------------------------

    def _end_what_is_over(self) -> None:
        self._end_sessions()
        self._end_orphans()

    def _end_sessions(self) -> None:
        for pooled in self._sessions.all():
            now = self._clock()
            wanted = pooled.wanted and now - pooled.used >= YIELD_AFTER.total_seconds()
            over = wanted or pooled.seat_lost or pooled.is_worn(now)
            if over and not pooled.in_use and pooled.claim(to_end=True):
                _attempt(partial(self._sessions.end, pooled))

    def _end_orphans(self) -> None:
        """End sessions of each account that nobody renews any more.

        Not right after the seats could not be renewed: the others' seats look as dead then as those of the dead.
        """
        now = self._clock()
        if now - self._orphans_seen < _ORPHANS_EVERY_SECONDS:
            return
        accounts = {
            (pooled.account.connector, pooled.account.username): pooled.account
            for pooled in self._sessions.all()
            if not pooled.late and not pooled.is_late(now)
        }
        if accounts:
            self._orphans_seen = now
        for account in accounts.values():
            for orphan in account.seats.orphans():
                get_logger(__name__).info("ending the session of a lost worker", session=orphan.session_id)
                _attempt(partial(account.end_orphan, orphan))
                self._end_sessions()


def _attempt(work: Callable[[], None]) -> None:
    """What fails is tried again at the next tick; a seat that can not be renewed runs out by itself."""
    try:
        work()
    except Exception as exc:  # noqa: BLE001  (an entry point: without its thread the seats run out)
        get_logger(__name__).warning("exchange seats not looked after", error=type(exc).__name__)
