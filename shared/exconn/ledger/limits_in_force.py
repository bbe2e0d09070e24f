"""The brakes that a definition sets: a job carries those of its request, and `begin` looks at those of now too."""

from exconn.connector import ConnectorDefinition, Quota
from exconn.contracts import Checks
from exconn.ledger.job import Limits, Window


def limits_in_force(definition: ConnectorDefinition, checks: Checks, quota: Quota | None = None) -> Limits:
    """The limits of an action with these checks. `quota` is its requester's own, where the registry gives one."""
    defaults = Limits()
    hour, day = (window.span for window in defaults.quota)
    breaker = definition.limits.disconnect if checks is Checks.DISCONNECT else definition.limits.erase
    per = quota or definition.limits.quota
    return Limits(
        breaker=tuple(Window(window.count, window.within) for window in (breaker.short, breaker.long)),
        quota=(Window(per.per_hour, hour), Window(per.per_day, day)),
        fleet_share=breaker.fleet_percent / 100,
        fleet_floor=breaker.fleet_floor,
    )
