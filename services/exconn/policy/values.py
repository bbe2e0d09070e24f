"""Policy values as JSON, and back: a time span as `{"seconds": n}`, a list as a list, everything else as it is."""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from exconn.connector import PolicyValue, as_list, wire_form


def encoded(value: object) -> object:
    """A value fit for JSON."""
    if isinstance(value, tuple):
        return list(value)
    return {"seconds": value.total_seconds()} if isinstance(value, timedelta) else value


def decoded(value: object) -> PolicyValue | None:
    """The value behind `encoded`."""
    if isinstance(value, dict):
        return timedelta(seconds=float(value["seconds"]))
    if isinstance(value, (list, tuple)):
        return as_list(tuple(map(str, value)))
    return cast("PolicyValue | None", value)


def encoded_all(values: Mapping[str, object]) -> dict[str, object]:
    """Every value fit for JSON."""
    return {name: encoded(value) for name, value in values.items()}


def decoded_all(values: Mapping[str, object]) -> dict[str, PolicyValue | None]:
    """The values behind `encoded_all`."""
    return {name: decoded(value) for name, value in values.items()}


def shown(value: PolicyValue | None) -> str:
    """A value as a person reads it in Exchange's own form."""
    return "not set" if value is None else str(wire_form(value))
