"""Held actions that are in Exchange stay open: a look a day, until the device answers or a person decides.

Whatever holds one, undelivered at its deadline, a cancellation without effect, a refusal of Exchange: the phone may
acknowledge meanwhile, and looking changes nothing in Exchange. What a brake holds was about to begin, so it is not
looked at.
"""

from datetime import datetime, timedelta

from exconn.contracts import ACTION_KINDS, is_in_exchange, kind_of
from exconn.ledger import Ledger, State

#: As often as a sweep is due: a phone that was off for days is seen within a day of its return.
LOOK_EVERY = timedelta(days=1)


def look_again(ledger: Ledger, connector: str) -> int:
    """Make held actions that are in Exchange due for one look; how many."""
    count = 0
    for job_id in sorted(ledger.unsettled(connector)):
        if kind_of(job_id) not in ACTION_KINDS:
            continue
        job = ledger.job(job_id)
        if job is not None and job.state is State.HELD and is_in_exchange(job.kind, job.phase):
            count += ledger.look_again(job_id)
    return count


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether the held actions of a connector are to be looked at once more."""
    return last is None or now - last >= LOOK_EVERY
