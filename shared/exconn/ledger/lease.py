"""A lease: the right of one worker to one job, until it runs out."""

import time
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(kw_only=True)
class Lease:
    """What every write of a worker is compared with: token and epoch.

    `deadline` is on this machine's monotonic clock, counted from before the call that got or renewed the lease, so
    it is never later than the ledger's own.
    """

    job_id: str
    token: str = field(repr=False)
    epoch: int
    worker: str
    deadline: float

    def left(self) -> timedelta:
        """How long the lease surely still holds; negative when it may have run out."""
        return timedelta(seconds=self.deadline - time.monotonic())
