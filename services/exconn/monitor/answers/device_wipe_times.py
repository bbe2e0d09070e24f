"""When a device was wiped: as Exchange showed it to a sweep, and as an action from here has seen since (pure).

Exchange's own dates come first; when an action noticed is shown only where Exchange has said no date.
The dates on the page of the wipe itself are in `pages/job_results.py`.
"""

from collections.abc import Mapping
from datetime import datetime

from exconn.monitor.answers.models import WipeTimesView
from exconn.signing.action_record import EXCHANGE_TIMES

#: In the order of the dates: the phase in which an action notices each.
_PHASES = ("issued", "sent", "acknowledged")


def wipe_times(
    shown: WipeTimesView, phases: Mapping[str, str] | None, told: Mapping[str, object] | None = None
) -> WipeTimesView:
    """What Exchange showed, or the newest wipe from here when that was issued later.

    `phases` is when that wipe was seen to reach its phases, `told` what its worker told of it. A date that only the
    other side knows is filled in if it belongs to the same wipe, which is so when it is not older than the request.
    """
    seen = _times_of(phases or {}, told or {})
    later, other = (seen, shown) if _is_later(seen.requested, shown.requested) else (shown, seen)
    if later.requested is None:
        return later
    return WipeTimesView(
        requested=later.requested,
        sent=later.sent or _since(later.requested, other.sent),
        acknowledged=later.acknowledged or _since(later.requested, other.acknowledged),
    )


def _times_of(phases: Mapping[str, str], told: Mapping[str, object]) -> WipeTimesView:
    """When a wipe from here was asked for, sent and acknowledged."""
    dates = zip(WipeTimesView.model_fields, EXCHANGE_TIMES, _PHASES, strict=True)
    return WipeTimesView.model_validate({field: told.get(name) or phases.get(phase) for field, name, phase in dates})


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def _since(moment: datetime, date: datetime | None) -> datetime | None:
    return date if date is not None and date >= moment else None
