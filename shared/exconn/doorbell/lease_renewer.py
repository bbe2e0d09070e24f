"""Keeps the leases of this process's jobs: one thread renews them all until they are given back or lost."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import redis

from exconn.ledger import Lease, Ledger, LedgerError
from exconn.logs import get_logger

#: A handler that takes longer is taken for stuck: its lease is renewed no more and a successor gets the job.
LONGEST = timedelta(hours=6)


class LeaseRenewer:
    """Renews each kept lease at least every third of its length.

    A lease that the ledger says is lost is marked as run out and left alone, so `Running.surely_held` fails at once.
    """

    def __init__(self, ledger: Ledger, beside: Callable[[], None]) -> None:
        self._ledger = ledger
        self._beside = beside
        self._kept: dict[str, tuple[Lease, float]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._log = get_logger(__name__)

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[None]:
        """Keep `lease` for the length of the block."""
        with self._lock:
            self._kept[lease.token] = (lease, time.monotonic() + LONGEST.total_seconds())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lease-renewer", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            self._drop(lease)

    def _run(self) -> None:
        # Twice as often as promised, so that a lease that comes right after a look is still renewed in time.
        pause = self._ledger.lease.total_seconds() / 6
        while True:
            time.sleep(pause)
            with self._lock:
                kept = list(self._kept.values())
            for lease, until in kept:
                self._renew(lease, until)
            if kept:
                self._beside()

    def _renew(self, lease: Lease, until: float) -> None:
        if time.monotonic() > until:
            self._log.error("handler takes too long, its lease is renewed no more", job=lease.job_id)
            self._drop(lease)
            return
        try:
            held = self._ledger.renew(lease)
        except (LedgerError, redis.RedisError) as exc:
            self._log.warning("lease not renewed", job=lease.job_id, error=type(exc).__name__)
            return
        if not held:
            lease.deadline = 0.0
            if self._drop(lease):
                self._log.warning("lease lost", job=lease.job_id)

    def _drop(self, lease: Lease) -> bool:
        with self._lock:
            return self._kept.pop(lease.token, None) is not None
