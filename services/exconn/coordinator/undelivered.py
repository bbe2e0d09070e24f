"""Held wipes that are in Exchange stay open: a look a day, until the device answers or a person decides.

Whatever holds one, undelivered at its deadline, a cancellation without effect, an account that was locked: the phone
may acknowledge meanwhile, and looking changes nothing in Exchange.
"""

from datetime import datetime, timedelta

from exconn.ledger import IllegalCallError, Ledger, State

#: The pace of sweeps: a phone that was off for days is seen within a day of its return.
LOOK_EVERY = timedelta(days=1)

#: The phases of a wipe that is in Exchange, not yet known to be acknowledged.
IN_EXCHANGE = frozenset({"issued", "sent", "cancelling"})


def look_again(ledger: Ledger, connector: str, *, by: str) -> int:
    """Make held wipes that are in Exchange due for one look; how many."""
    count = 0
    for job_id in sorted(ledger.unsettled(connector)):
        if not job_id.startswith("wipe-"):
            continue
        job = ledger.job(job_id)
        if job is not None and job.state is State.HELD and job.phase in IN_EXCHANGE:
            try:
                ledger.retry(job_id, by=by)
            except (IllegalCallError, KeyError):
                continue  # somebody else moved it meanwhile
            count += 1
    return count


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether the undelivered actions of a connector are to be looked at."""
    return last is None or now - last >= LOOK_EVERY
