"""When a full discovery is due: pure, by slots, so that any number of coordinators agree on the key of each."""

from datetime import UTC, datetime, timedelta

from exconn.connector import Discovery

#: When the definition names neither hours nor a time of day.
FULL_EVERY = timedelta(hours=24)


def newest_slot(discovery: Discovery, *, installed_at: datetime, now: datetime) -> datetime:
    """The newest slot that has come, at `now`; the installation itself is the first.

    Missed slots are not made up for: only the newest counts.
    """
    if discovery.full_at is not None:
        at = discovery.full_at
        today = now.astimezone(UTC).replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
        slot = today if today <= now else today - timedelta(days=1)
        return max(slot, installed_at)
    period = FULL_EVERY if discovery.full_every_hours is None else timedelta(hours=discovery.full_every_hours)
    return installed_at + period * ((now - installed_at) // period)


def slot_key(slot: datetime) -> str:
    """The idempotency key of the sweep of a slot."""
    return f"slot:sweep-full:{slot.astimezone(UTC):%Y%m%dT%H%M%SZ}"
