"""When a device was wiped: as Exchange showed it to a sweep, and as an action from here has seen since (pure)."""

from collections.abc import Mapping
from datetime import datetime

from exconn.monitor.answers.models import WipeTimesView


def wipe_times(shown: WipeTimesView, phases: Mapping[str, str] | None) -> WipeTimesView:
    """What Exchange showed, or the newest wipe from here when that was issued later.

    `phases` is when that wipe reached its phases. A date that only the other side knows is filled in if it belongs to
    the same wipe, which is so when it is not older than the request.
    """
    seen = _times_of(phases or {})
    later, other = (seen, shown) if _is_later(seen.requested, shown.requested) else (shown, seen)
    if later.requested is None:
        return later
    return WipeTimesView(
        requested=later.requested,
        sent=later.sent or _since(later.requested, other.sent),
        acknowledged=later.acknowledged or _since(later.requested, other.acknowledged),
    )


def _times_of(phases: Mapping[str, str]) -> WipeTimesView:
    """When a wipe from here reached its phases."""
    named = {"requested": "issued", "sent": "sent", "acknowledged": "acknowledged"}
    return WipeTimesView.model_validate({field: phases.get(phase) for field, phase in named.items()})


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def _since(moment: datetime, date: datetime | None) -> datetime | None:
    return date if date is not None and date >= moment else None
