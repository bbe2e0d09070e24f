"""What a registry says, as fields that can be compared: requesters, ids of their keys, rights, bounds."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from exconn.connector import Breaker, LimitSettings, LimitWindow, Quota
from exconn.signing.requesters import Registry, Requester

#: How many differences a message names, and how much of each value.
MOST_TOLD, LONGEST_TOLD = 20, 120

Summary = Mapping[str, str]


def summary_of(registry: Registry) -> Summary:
    """Dotted name -> value, as text that is the same for the same meaning."""
    return dict(_fields(registry))


def differences(old: Summary, new: Summary) -> list[dict[str, str]]:
    """Every field that differs, with both values; "" stands for none."""
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return [{"field": name, "old": old.get(name, ""), "new": new.get(name, "")} for name in names]


def told(changes: list[dict[str, str]]) -> dict[str, object]:
    """What a status message says of the differences: bounded, whatever the file has."""
    shown = [{name: value[:LONGEST_TOLD] for name, value in change.items()} for change in changes[:MOST_TOLD]]
    return {"differences": shown, "count": len(changes)}


def _fields(registry: Registry) -> Iterator[tuple[str, str]]:
    yield "deployment", registry.deployment
    yield "single_administrator", str(registry.single_administrator).lower()
    yield "hardware_keys_for", " ".join(sorted(registry.hardware_for))
    yield from _bounds(registry.bounds)
    for name, requester in registry.requesters.items():
        ids = sorted(key for key, known in registry.keys.items() if known.requester == name)
        for field, value in _requester(requester):
            yield f"requesters.{name}.{field}", value
        yield f"requesters.{name}.keys", " ".join(ids)
        for key in ids:
            if expires := registry.keys[key].expires:
                yield f"requesters.{name}.keys.{key}.expires", expires.isoformat()


def _requester(requester: Requester) -> Iterator[tuple[str, str]]:
    yield "role", requester.role or ""
    yield "kinds", " ".join(sorted(requester.kinds))
    yield "connectors", " ".join(sorted(requester.connectors))
    yield "quota", quota_in_words(requester.quota) if requester.quota else ""


def _bounds(bounds: LimitSettings) -> Iterator[tuple[str, str]]:
    for name in ("erase", "disconnect"):
        breaker: Breaker = getattr(bounds, name)
        for part in ("short", "long"):
            yield f"bounds.{name}.{part}", _window(getattr(breaker, part))
        yield f"bounds.{name}.fleet_percent", f"{breaker.fleet_percent:g}"
        yield f"bounds.{name}.fleet_floor", str(breaker.fleet_floor)
    yield "bounds.quota", quota_in_words(bounds.quota)


def bound_in(bounds: LimitSettings, name: str) -> str:
    """The value of the bound with that dotted name."""
    _, part, field = name.split(".")
    value = getattr(getattr(bounds, part), field)
    return _window(value) if isinstance(value, LimitWindow) else f"{value:g}"


def quota_in_words(quota: Quota) -> str:
    """A quota as it is shown."""
    return f"{quota.per_hour} an hour, {quota.per_day} a day"


def _window(window: LimitWindow) -> str:
    return f"{window.count} in {_minutes(window.within)}"


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} minutes"
