"""Actions held as undelivered stay open: a look goes on once a day, until the device answers or a person decides."""

from datetime import datetime, timedelta

from exconn.ledger import IllegalCallError, Ledger, State

#: The pace of sweeps: a phone that was off for days is seen within a day of its return.
LOOK_EVERY = timedelta(days=1)

#: What the device-action worker holds an action with when its deadline has passed.
UNDELIVERED = "undelivered"


def look_again(ledger: Ledger, connector: str, *, by: str) -> int:
    """Make undelivered actions due for one look; how many."""
    count = 0
    for job_id in sorted(ledger.unsettled(connector)):
        if not job_id.startswith("wipe-"):
            continue
        job = ledger.job(job_id)
        if job is not None and job.state is State.HELD and job.reason == UNDELIVERED:
            try:
                ledger.retry(job_id, by=by)
            except (IllegalCallError, KeyError):
                continue  # somebody else moved it meanwhile
            count += 1
    return count


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether the undelivered actions of a connector are to be looked at."""
    return last is None or now - last >= LOOK_EVERY
