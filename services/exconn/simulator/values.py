"""Parameter values turned into what the parameter's type wants, and checked against its limits.

Raises ValueError with PowerShell's or Exchange's words; the binder turns it into an error record.
"""

import re
from datetime import timedelta
from typing import Any

from exconn.simulator.catalog import Parameter, Range

_TIMESPAN = re.compile(r"^(?P<sign>-?)(?:(?P<d>\d+)\.)?(?P<h>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:\.\d+)?)?$")
_TIMESPAN_PARAMETERS = {
    "DevicePolicyRefreshInterval",
    "MaxInactivityTimeLock",
    "MaxInactivityTimeDeviceLock",
    "PasswordExpiration",
    "DevicePasswordExpiration",
}
_SIZE = re.compile(r"^(?P<n>\d+(?:\.\d+)?)\s*(?P<unit>B|KB|MB|GB)?(?: \([\d,]+ bytes\))?$", re.IGNORECASE)
_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}

#: The value of a parameter that is Unlimited.
UNLIMITED = "Unlimited"


def read_timespan(text: str) -> timedelta:
    """`[d.]hh:mm[:ss]`, or a bare number of days as .NET reads it."""
    if text.isdigit():
        return timedelta(days=int(text))
    if (match := _TIMESPAN.match(text.strip())) is None:
        raise ValueError(f"String was not recognized as a valid TimeSpan: {text!r}")
    span = timedelta(
        days=int(match["d"] or 0), hours=int(match["h"]), minutes=int(match["m"]), seconds=int(match["s"] or 0)
    )
    return -span if match["sign"] else span


def convert(parameter: Parameter, value: Any) -> Any:
    """The value as the parameter's type; ValueError when it is none."""
    if value is None:
        return None
    converter = _CONVERTERS.get(parameter.type)
    if converter is not None:
        converted = converter(parameter, value)
    elif parameter.multivalued or parameter.type.endswith("[]"):
        converted = _many(parameter, value)
    elif parameter.accepted:
        converted = _one_of(parameter, value)
    else:
        converted = value if isinstance(value, dict) else _text(value)
    _check_ranges(parameter, converted)
    return converted


def _text(value: Any) -> str:
    if isinstance(value, list):
        if len(value) != 1:
            raise ValueError("Cannot convert an array to a single value.")
        value = value[0]
    return str(value)


def _boolean(_parameter: Parameter, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value)
    if str(value).lower() in ("true", "$true", "false", "$false"):
        return str(value).lower().endswith("true")
    raise ValueError(
        "Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0 instead. "
        f'"{value}" is none of these.'
    )


def _integer(_parameter: Parameter, value: Any) -> int:
    if isinstance(value, bool):
        return int(value)
    try:
        return int(str(value))
    except ValueError:
        raise ValueError(
            f'Cannot convert value "{value}" to type "System.Int32". Error: "Input string was not in a correct format."'
        ) from None


def _unlimited(parameter: Parameter, value: Any) -> Any:
    if str(value).lower() == "unlimited":
        return UNLIMITED
    if parameter.name in _TIMESPAN_PARAMETERS:
        return value if isinstance(value, timedelta) else read_timespan(str(value))
    if isinstance(value, int):
        return value
    return _size(str(value))


def _size(text: str) -> int:
    if (match := _SIZE.match(text.strip())) is None:
        raise ValueError(f'Cannot convert value "{text}" to type "Unlimited".')
    return int(float(match["n"]) * _UNITS[(match["unit"] or "B").upper()])


def _timespan(_parameter: Parameter, value: Any) -> timedelta:
    return value if isinstance(value, timedelta) else read_timespan(str(value))


def _many(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, dict):
        if not parameter.adds_and_removes:
            raise ValueError("A hashtable is not accepted here.")
        return {str(k).lower(): _strings(v) for k, v in value.items()}
    return _strings(value)


def _strings(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(v) for v in values if v is not None]


def _one_of(parameter: Parameter, value: Any) -> str:
    text = _text(value)
    for accepted in parameter.accepted:
        if accepted.lower() == text.lower():
            return accepted
    names = ", ".join(parameter.accepted)
    raise ValueError(
        f"Unable to match the identifier name {text} to a valid enumerator name. Specify one of the following "
        f"enumerator names and try again:\r\n{names}"
    )


_CONVERTERS = {
    "SwitchParameter": _boolean,
    "Boolean": _boolean,
    "System.Boolean": _boolean,
    "Int32": _integer,
    "Unlimited": _unlimited,
    "EnhancedTimeSpan": _timespan,
    "MultiValuedProperty": _many,
    "ApprovedApplicationCollection": _many,
}


def _check_ranges(parameter: Parameter, value: Any) -> None:
    if value == UNLIMITED or isinstance(value, bool):
        return
    for limit in parameter.ranges:
        low, high = _bound(limit, limit.min), _bound(limit, limit.max)
        measured = len(value) if limit.kind == "length" and isinstance(value, str) else value
        if not isinstance(measured, int | timedelta):
            continue
        if (low is not None and measured < low) or (high is not None and measured > high):
            raise ValueError(
                f'The property value is invalid. The value can\'t be outside the range "{limit.min}" to "{limit.max}".'
            )


def _bound(limit: Range, bound: str | int | None) -> Any:
    if bound is None or limit.kind != "timespan":
        return bound
    return read_timespan(str(bound))
