"""Which bounds of a registry let more through than others: those of the factory, or of an earlier revision."""

from exconn.connector import Breaker, LimitSettings, LimitWindow

FACTORY = LimitSettings()


def wider_than_factory(bounds: LimitSettings) -> tuple[str, ...]:
    """The dotted names of bounds that are wider than the factory's."""
    return wider_than(FACTORY, bounds)


def wider_than(other: LimitSettings, bounds: LimitSettings) -> tuple[str, ...]:
    """The dotted names of bounds that are wider than the other ones."""
    found = [
        *(f"bounds.erase.{part}" for part in _wider(bounds.erase, other.erase)),
        *(f"bounds.disconnect.{part}" for part in _wider(bounds.disconnect, other.disconnect)),
    ]
    quotas = [name for name in ("per_hour", "per_day") if getattr(bounds.quota, name) > getattr(other.quota, name)]
    return (*found, *(f"bounds.quota.{name}" for name in quotas))


def _wider(breaker: Breaker, other: Breaker) -> list[str]:
    windows = (breaker.short, breaker.long)
    found = [part for part in ("short", "long") if _most(windows, getattr(other, part)) > getattr(other, part).count]
    if breaker.fleet_percent > other.fleet_percent:
        found.append("fleet_percent")
    if breaker.fleet_floor > other.fleet_floor:
        found.append("fleet_floor")
    return found


def _most(windows: tuple[LimitWindow, ...], within: LimitWindow) -> int:
    """How many these windows let through at most in the time of another one, which may touch several of each."""
    return min(window.count * -(-within.within // window.within) for window in windows)
