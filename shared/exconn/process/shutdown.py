"""How a service learns that it is to end: SIGTERM, or SIGINT from a terminal."""

import contextlib
import queue
import signal
import threading
from datetime import timedelta
from types import FrameType

from exconn.process.exits import ExitCode


class Shutdown:
    """Whether this process is to end, and by which signal. `stop` is for its other threads."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        # A signal handler may interrupt its own thread anywhere, and setting an event takes a lock that this thread
        # may hold: only the queue may be used from both.
        self._asked: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._signal = 0

    def listen(self) -> None:
        """From now on SIGTERM and SIGINT only ask; call it in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def wait(self, within: timedelta | None = None) -> bool:
        """Wait for a signal in the main thread, at most `within`; whether the process is to end."""
        if not self.stop.is_set():
            with contextlib.suppress(queue.Empty):
                self._signal = self._asked.get(timeout=within.total_seconds() if within is not None else None)
                self.stop.set()
        return self.stop.is_set()

    @property
    def exit_code(self) -> int:
        """How a process ends that was asked to."""
        return int(ExitCode.INTERRUPTED if self._signal == signal.SIGINT else ExitCode.DONE)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self._asked.put(number)
