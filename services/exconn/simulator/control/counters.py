"""Counts of what clients did; most protocol mistakes show here first."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Counters:
    """Requests by action, cmdlets by name, and Receives that wait right now."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[str] = Counter()
        self._cmdlets: Counter[str] = Counter()
        self._parked = 0
        self._sign_ins: Counter[str] = Counter()

    def sign_in(self, *, accepted: bool) -> None:
        """One request that showed a password; with Basic each one does."""
        with self._lock:
            self._sign_ins["accepted" if accepted else "refused"] += 1

    def request(self, action: str) -> None:
        """One request."""
        with self._lock:
            self._requests[action] += 1

    def cmdlet(self, name: str) -> None:
        """One cmdlet run."""
        with self._lock:
            self._cmdlets[name] += 1

    @contextmanager
    def parked_receive(self) -> Iterator[None]:
        """A Receive that waits."""
        with self._lock:
            self._parked += 1
        try:
            yield
        finally:
            with self._lock:
                self._parked -= 1

    def snapshot(self) -> dict[str, object]:
        """All counts."""
        with self._lock:
            return {
                "requests": dict(self._requests),
                "cmdlets": dict(self._cmdlets),
                "parked_receives": self._parked,
                "sign_ins": {"accepted": 0, "refused": 0, **self._sign_ins},
                "cpu_seconds": time.process_time(),
            }
