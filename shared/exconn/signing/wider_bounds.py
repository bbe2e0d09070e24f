"""Which bounds of a registry let more through than those that the factory sets."""

from exconn.connector import Breaker, LimitSettings, LimitWindow

FACTORY = LimitSettings()


def wider_than_factory(bounds: LimitSettings) -> tuple[str, ...]:
    """The dotted names of bounds that are wider than the factory's."""
    found = [
        *(f"bounds.erase.{part}" for part in _wider(bounds.erase, FACTORY.erase)),
        *(f"bounds.disconnect.{part}" for part in _wider(bounds.disconnect, FACTORY.disconnect)),
    ]
    quotas = [name for name in ("per_hour", "per_day") if getattr(bounds.quota, name) > getattr(FACTORY.quota, name)]
    return (*found, *(f"bounds.quota.{name}" for name in quotas))


def _wider(breaker: Breaker, factory: Breaker) -> list[str]:
    windows = (breaker.short, breaker.long)
    found = [
        part for part in ("short", "long") if _most(windows, getattr(factory, part)) > getattr(factory, part).count
    ]
    if breaker.fleet_percent > factory.fleet_percent:
        found.append("fleet_percent")
    if breaker.fleet_floor > factory.fleet_floor:
        found.append("fleet_floor")
    return found


def _most(windows: tuple[LimitWindow, ...], within: LimitWindow) -> int:
    """How many these windows let through at most in the time of another one, which may touch several of each."""
    return min(window.count * -(-within.within // window.within) for window in windows)
