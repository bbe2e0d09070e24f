"""The limits in force are the stricter of what definition, bounds and quota say."""

from datetime import timedelta

from exconn.connector import Breaker, LimitSettings, LimitWindow, Quota, parse_definition, sample_definition
from exconn.contracts import Checks
from exconn.ledger import Limits, Window
from exconn.ledger.limits_in_force import limits_in_force

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SAMPLE = parse_definition(sample_definition("north"))


def of(definition: LimitSettings, bounds: LimitSettings, checks: Checks = Checks.ERASE) -> Limits:
    return limits_in_force(SAMPLE.model_copy(update={"limits": definition}), checks, bounds=[bounds])


def breaker(short: tuple[int, timedelta], long: tuple[int, timedelta], percent: float, floor: int) -> LimitSettings:
    one = Breaker(
        short=LimitWindow(count=short[0], within=short[1]),
        long=LimitWindow(count=long[0], within=long[1]),
        fleet_percent=percent,
        fleet_floor=floor,
    )
    return LimitSettings(erase=one)


def test_windows_of_both_sides_hold_and_those_that_never_fill_first_are_left_out() -> None:
    definition = breaker((10, 20 * MINUTE), (30, DAY), 2.0, 5)
    bounds = breaker((4, 10 * MINUTE), (50, DAY), 1.0, 9)

    limits = of(definition, bounds)

    assert limits.breaker == (Window(4, 10 * MINUTE), Window(10, 20 * MINUTE), Window(30, DAY))
    assert (limits.fleet_share, limits.fleet_floor) == (0.01, 5)
    assert of(bounds, definition) == limits


def test_erasing_and_disconnecting_have_bounds_of_their_own() -> None:
    tight = breaker((1, 20 * MINUTE), (1, DAY), 1.0, 1)

    assert of(LimitSettings(), tight).breaker == (Window(1, DAY),)
    assert of(LimitSettings(), tight, Checks.DISCONNECT) == of(LimitSettings(), LimitSettings())


def test_quota_is_the_least_of_all_three_by_hour_and_by_day() -> None:
    definition = SAMPLE.model_copy(update={"limits": LimitSettings(quota=Quota(per_hour=7, per_day=9))})
    bounds = LimitSettings(quota=Quota(per_hour=6, per_day=30))

    def quota(own: Quota | None) -> tuple[int, ...]:
        found = limits_in_force(definition, Checks.ERASE, bounds=[bounds], quota=own)
        return tuple(window.limit for window in found.quota)

    assert quota(None) == (6, 9)
    assert quota(Quota(per_hour=2, per_day=100)) == (2, 9)
    assert quota(Quota(per_hour=100, per_day=3)) == (6, 3)
