"""Whether intake still hears the queue of requests: told by canaries that go the way of a request."""

import threading
import time
from datetime import timedelta


class QueueHealth:
    """When a canary last came through the queue of requests. Threads may share it."""

    def __init__(self, within: timedelta) -> None:
        self._within = within
        self._lock = threading.Lock()
        self._heard_at = time.monotonic()

    def hear(self, _token: str) -> str:
        """The body of a canary's task."""
        with self._lock:
            self._heard_at = time.monotonic()
        return "heard"

    def problem(self) -> str:
        """What is wrong with the queue of requests, for people; empty when nothing is."""
        with self._lock:
            silent = timedelta(seconds=time.monotonic() - self._heard_at)
        if silent < self._within:
            return ""
        return f"nothing came from the queue of requests for {silent.total_seconds():.0f} s"
