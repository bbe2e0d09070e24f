"""Claims of one job in this process, one after the other, until it is as a test wants it."""

import time
from collections.abc import Callable
from datetime import timedelta

from exconn.ledger import Job, Ledger, State
from tests.support.machine.processes import LOOK_EVERY


def claim_until(
    ledger: Ledger, job_id: str, claim: Callable[[Job], None], *, until: Callable[[Job], bool], within: timedelta
) -> Job:
    """Have `claim` work on the job again and again, without waiting for its time; the job when it is as wanted."""
    deadline = time.monotonic() + within.total_seconds()
    before: Job | None = None
    while time.monotonic() < deadline:
        job = ledger.job(job_id)
        assert job is not None
        if until(job):
            return job
        waits = job.state is State.WAITING and job.wait == "time"
        if waits or job == before:  # unchanged: somebody else's lease or pause must end first
            time.sleep(LOOK_EVERY.total_seconds())
        if waits:
            ledger.retry(job_id, by="hurry")
        claim(job)
        before = job
    raise AssertionError(f"{job_id} is {ledger.job(job_id)}")
