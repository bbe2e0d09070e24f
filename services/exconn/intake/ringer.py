"""Ringing for accepted jobs beside the requests: nobody who asks for something waits for the broker."""

import queue
import threading
from itertools import groupby
from operator import itemgetter

from exconn.doorbell import Bell, BellError
from exconn.ledger import Ring
from exconn.logs import get_logger

#: Doorbells that may wait for the broker, a few hundred bytes each. More than these are left to the coordinator.
MOST_WAITING = 1000
#: As many go out in one round trip.
AT_ONCE = 100


class Ringer:
    """A bell with a thread that rings it. Threads may share it.

    What is not rung, as the broker is away, is said in the log; coordinators ring again.
    """

    def __init__(self, bell: Bell, *, most_waiting: int = MOST_WAITING) -> None:
        self._bell = bell
        self._waiting: queue.Queue[tuple[str, Ring]] = queue.Queue(most_waiting)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._log = get_logger(__name__)

    def ring(self, ring: Ring, connector: str) -> None:
        """Have it rung soon. Raises BellError when too many wait."""
        try:
            self._waiting.put_nowait((connector, ring))
        except queue.Full:
            raise BellError(ring.job_id, "too many doorbells wait for the broker") from None
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ringer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            waiting = [self._waiting.get(), *self._more()]
            for connector, found in groupby(sorted(waiting, key=itemgetter(0)), itemgetter(0)):
                self._ring([ring for _, ring in found], connector)

    def _more(self) -> list[tuple[str, Ring]]:
        found: list[tuple[str, Ring]] = []
        while len(found) < AT_ONCE - 1:
            try:
                found.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return found

    def _ring(self, rings: list[Ring], connector: str) -> None:
        try:
            self._bell.ring_all(rings, connector)
        except BellError as exc:
            self._log.warning("doorbells not rung", connector=connector, count=len(rings), detail=exc.detail)
        except Exception as exc:  # noqa: BLE001  (the thread's entry point: it must not end while the process lives)
            self._log.error("doorbells not rung", connector=connector, count=len(rings), error=type(exc).__name__)
