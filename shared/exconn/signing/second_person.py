"""Who may let go on what the brakes hold, or let a change count: intake asks, and the worker again before it begins."""

from datetime import datetime, timedelta

from exconn.signing.requesters import Registry

#: With a single administrator nobody else can approve: a release then waits this long, in plain sight.
SINGLE_ADMINISTRATOR_WAIT = timedelta(minutes=60)


def may_release_at(registry: Registry, *, asked_by: str, asked_at: datetime, released_by: str) -> datetime | None:
    """From when on that requester may release what was asked for then; None: never, it takes another person."""
    if registry.single_administrator:
        return asked_at + SINGLE_ADMINISTRATOR_WAIT
    return None if released_by == asked_by else asked_at
