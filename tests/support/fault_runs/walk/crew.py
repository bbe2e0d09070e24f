"""What the clients of a walk share: which jobs there are, what was acknowledged, who holds what."""

import random
import threading
import time
from collections import Counter

from exconn.ledger import Lease, Mark, Outcome

#: So many of the newest jobs are drawn from.
_REMEMBERED = 400


class Crew:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: list[str] = []
        self._held: dict[str, Lease] = {}
        self.calls: Counter[str] = Counter()
        self.inserted: set[str] = set()
        self.settled: dict[str, Outcome] = {}
        self.violations: list[str] = []
        #: The newest record that anybody was told of.
        self.mark = Mark()

    def called(self, call: str) -> None:
        with self._lock:
            self.calls[call] += 1

    def keep_mark(self, mark: Mark) -> None:
        """A look back was answered."""
        with self._lock:
            self.mark = max(self.mark, mark, key=lambda one: one.number)

    def acknowledge(self, job_id: str) -> None:
        """An insert was answered."""
        with self._lock:
            if job_id not in self.inserted:
                self._jobs.append(job_id)
                del self._jobs[:-_REMEMBERED]
            self.inserted.add(job_id)

    def acknowledge_end(self, job_id: str, outcome: Outcome) -> None:
        """A settle was answered."""
        with self._lock:
            self.settled[job_id] = outcome

    def draw(self, dice: random.Random) -> str:
        """One of the newest jobs; empty when there is none."""
        with self._lock:
            return dice.choice(self._jobs) if self._jobs else ""

    def draw_in_hand(self, dice: random.Random) -> str:
        """One of the jobs that somebody holds; empty when there is none."""
        with self._lock:
            return dice.choice(sorted(self._held)) if self._held else ""

    def newest(self, number: int) -> list[str]:
        with self._lock:
            return self._jobs[-number:]

    def forget(self, job_id: str) -> None:
        """A job is over: nobody draws it again."""
        with self._lock:
            if job_id in self._jobs:
                self._jobs.remove(job_id)

    def took(self, lease: Lease) -> None:
        """A claim was answered: nobody else may hold the job surely at this moment."""
        with self._lock:
            before = self._held.get(lease.job_id)
            if before is not None and before.deadline > time.monotonic():
                left = before.left().total_seconds()
                self.violations.append(
                    f"{lease.job_id} has two holders: epoch {before.epoch} with {left:.3f} s left, and {lease.epoch}"
                )
            self._held[lease.job_id] = lease

    def gives_back(self, lease: Lease) -> None:
        """A call is about to be sent that may end the lease."""
        with self._lock:
            if self._held.get(lease.job_id) is lease:
                del self._held[lease.job_id]
