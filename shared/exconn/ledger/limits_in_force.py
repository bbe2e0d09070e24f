"""The brakes that are in force: the stricter of the deployment's bounds, the definition and the requester's quota.

A job carries those of its request, and `begin` looks at those of now too.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from exconn.connector import Breaker, ConnectorDefinition, LimitSettings, Quota
from exconn.contracts import Checks
from exconn.ledger.job import Limits, Window

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def limits_in_force(
    definition: ConnectorDefinition, checks: Checks, *, bounds: Sequence[LimitSettings], quota: Quota | None = None
) -> Limits:
    """The limits of an action with these checks.

    `bounds` are those of the registry, beyond which no definition gets, and those that hold beside them for a time;
    `quota` is the requester's own, where the registry gives one.
    """
    breakers = [_breaker(limits, checks) for limits in (definition.limits, *bounds)]
    quotas = [definition.limits.quota, *(one.quota for one in bounds), *([quota] if quota else [])]
    return Limits(
        breaker=_strictest(Window(part.count, part.within) for one in breakers for part in (one.short, one.long)),
        quota=(Window(min(one.per_hour for one in quotas), _HOUR), Window(min(one.per_day for one in quotas), _DAY)),
        fleet_share=min(one.fleet_percent for one in breakers) / 100,
        fleet_floor=min(one.fleet_floor for one in breakers),
    )


def _breaker(limits: LimitSettings, checks: Checks) -> Breaker:
    return limits.disconnect if checks is Checks.DISCONNECT else limits.erase


def _strictest(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Windows of which each can be the first to be full: as all of them hold, the others are left out."""
    kept: list[Window] = []
    for window in sorted(windows, key=lambda one: (one.limit, -one.span)):
        if not any(other.limit <= window.limit and other.span >= window.span for other in kept):
            kept.append(window)
    return tuple(sorted(kept, key=lambda one: one.span))
