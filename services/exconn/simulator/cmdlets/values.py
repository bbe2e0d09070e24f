"""Parameter values turned into what the parameter's type wants, as PowerShell and Exchange convert them.

`Unconvertible` when a value is none of the type, `OutOfRange` when it breaks a documented limit; both carry the words
that Exchange or PowerShell use, and the binder turns them into error records.
"""

import math
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from exconn.simulator.cmdlets.catalog import Parameter, Range

_TIMESPAN = re.compile(
    r"(?P<sign>-?)(?:(?P<d>\d{1,8})\.)?(?P<h>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:\.\d{1,7})?)?"
)
_TIMESPAN_PARAMETERS = {
    "DevicePolicyRefreshInterval",
    "MaxInactivityTimeLock",
    "MaxInactivityTimeDeviceLock",
    "PasswordExpiration",
    "DevicePasswordExpiration",
}
_SIZE = re.compile(r"(?P<n>\d+(?:\.\d+)?)\s*(?P<unit>B|KB|MB|GB|TB)?(?: \([\d,]+ bytes\))?", re.IGNORECASE)
_UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
#: Whole numbers as PowerShell reads them in a text: signs, hexadecimal digits, multipliers.
_WHOLE = re.compile(r"(?P<sign>[+-]?)(?:0x(?P<hex>[0-9a-f]{1,8})|(?P<n>\d{1,20})(?P<unit>KB|MB|GB)?)", re.IGNORECASE)
_INT32 = range(-(2**31), 2**31)
_EDITS = ("add", "remove")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")

#: The value of a parameter that is Unlimited.
UNLIMITED = "Unlimited"


class SizeWithUnit(int):
    """A number of bytes that was given with its unit."""


class Unconvertible(ValueError):
    """No value of the parameter's type."""


class OutOfRange(ValueError):
    """A value of the type that the parameter does not take."""


def read_timespan(text: str) -> timedelta:
    """`[d.]hh:mm[:ss]`, or a bare number of days as .NET reads it; Unconvertible for anything else."""
    stripped = text.strip()
    if stripped.isdecimal() and len(stripped) <= 8:
        return timedelta(days=int(stripped))
    if (match := _TIMESPAN.fullmatch(stripped)) is None:
        raise Unconvertible(f'Cannot convert value "{text}" to type "System.TimeSpan". Error: "String was not '
                            'recognized as a valid TimeSpan."')  # fmt: skip
    days, hours, minutes, seconds = (int(match[part] or 0) for part in "dhms")
    if hours > 23 or minutes > 59 or seconds > 59:
        raise Unconvertible(
            f'Cannot convert value "{text}" to type "System.TimeSpan". Error: "The TimeSpan string could not be parsed '
            'because at least one of the numeric components is out of range or contains too many digits."'
        )
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if match["sign"] else span


def convert(parameter: Parameter, value: Any) -> Any:
    """The value as the parameter's type; Unconvertible or OutOfRange when it can't be."""
    if value is None:
        return None
    converted = _converter(parameter)(parameter, value)
    _check_ranges(parameter, converted)
    return converted


def _converter(parameter: Parameter) -> Callable[[Parameter, Any], Any]:
    known = _CONVERTERS.get(parameter.type)
    if known is not None:
        return known
    if parameter.multivalued or parameter.type.endswith("[]"):
        return _many
    if parameter.type.endswith("IdParameter"):
        return _identity
    return _one_of if parameter.accepted else _plain_text


def _type_name(parameter: Parameter) -> str:
    return {"String": "System.String", "Int32": "System.Int32"}.get(parameter.type, parameter.type)


def _single(parameter: Parameter, value: Any) -> Any:
    """An array or hashtable is no single value, not even one with a single element."""
    if isinstance(value, list):
        raise Unconvertible(
            f"Cannot convert 'System.Object[]' to the type '{_type_name(parameter)}' required by parameter "
            f"'{parameter.name}'. Specified method is not supported."
        )
    if isinstance(value, dict):
        raise Unconvertible(
            f'Cannot convert the "System.Collections.Hashtable" value of type "System.Collections.Hashtable" to type '
            f'"{_type_name(parameter)}".'
        )
    return value


def _plain_text(parameter: Parameter, value: Any) -> str:
    found = _single(parameter, value)
    return ("True" if found else "False") if isinstance(found, bool) else str(found)


def _boolean(parameter: Parameter, value: Any) -> bool:
    """Truths and numbers; a text is none, not even `true`."""
    found = _single(parameter, value)
    if isinstance(found, bool | int | float):
        return bool(found)
    raise Unconvertible(
        f'Cannot convert value "{found}" to type "System.Boolean". Boolean parameters accept only Boolean values and '
        "numbers, such as $True, $False, 1 or 0 instead."
    )


def _integer(parameter: Parameter, value: Any) -> int:
    found = _single(parameter, value)
    number = round(found) if isinstance(found, int | float) and math.isfinite(found) else _whole(str(found))
    if number not in _INT32:
        raise Unconvertible(
            f'Cannot convert value "{found}" to type "System.Int32". Error: "Value was either too large or too small '
            'for an Int32."'
        )
    return number


def _whole(text: str) -> int:
    match = _WHOLE.fullmatch(text.strip())
    if match is None:
        raise Unconvertible(
            f'Cannot convert value "{text}" to type "System.Int32". Error: "Input string was not in a correct format."'
        )
    number = int(match["hex"], 16) if match["hex"] else int(match["n"]) * _UNITS[(match["unit"] or "").upper()]
    return -number if match["sign"] == "-" else number


def _unlimited(parameter: Parameter, value: Any) -> Any:
    found = _single(parameter, value)
    if isinstance(found, str) and found.strip().lower() == "unlimited":
        return UNLIMITED
    if parameter.name in _TIMESPAN_PARAMETERS:
        return found if isinstance(found, timedelta) else read_timespan(str(found))
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    if (match := _SIZE.fullmatch(str(found).strip())) is None:
        raise Unconvertible(
            f'Cannot convert value "{found}" to type "Microsoft.Exchange.Data.Unlimited`1". Error: "{found} isn\'t a '
            'valid value. The value must be a number or the word Unlimited."'
        )
    size = int(float(match["n"]) * _UNITS[(match["unit"] or "").upper()])
    return SizeWithUnit(size) if match["unit"] else size


def _timespan(parameter: Parameter, value: Any) -> timedelta:
    found = _single(parameter, value)
    return found if isinstance(found, timedelta) else read_timespan(str(found))


def _guid(parameter: Parameter, value: Any) -> str:
    found = str(_single(parameter, value))
    try:
        return str(UUID(found))
    except ValueError:
        raise Unconvertible(
            f'Cannot convert value "{found}" to type "System.Guid". Error: "Guid should contain 32 digits with 4 '
            'dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."'
        ) from None


def _mail(parameter: Parameter, value: Any) -> str:
    found = str(_single(parameter, value))
    if _MAIL.fullmatch(found) is None:
        raise Unconvertible(f'Cannot convert value "{found}" to type "Microsoft.Exchange.Data.SmtpAddress".')
    return found


def _identity(parameter: Parameter, value: Any) -> str:
    found = _plain_text(parameter, value)
    if not found:
        raise Unconvertible(
            f'Cannot convert value "" to type "Microsoft.Exchange.Configuration.Tasks.{parameter.type}". Error: '
            f"\"Parameter values of type Microsoft.Exchange.Configuration.Tasks.{parameter.type} can't be empty. "
            'Specify a value, and try again."'
        )
    return found


def _many(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, dict):
        return _edits(parameter, value)
    values = value if isinstance(value, list) else [value]
    if any(isinstance(each, list | dict) for each in values):
        raise Unconvertible(f"Cannot convert an element of the array to the type required by '{parameter.name}'.")
    items = [str(each) for each in values if each is not None]
    return [_enumerator(parameter, item) for item in items] if parameter.accepted else items


def _edits(parameter: Parameter, value: dict[Any, Any]) -> dict[str, list[str]]:
    """`@{Add=…; Remove=…}`, where the page documents it."""
    if not parameter.adds_and_removes:
        _single(parameter, value)
    unknown = [str(key) for key in value if str(key).lower() not in _EDITS]
    if unknown:
        raise Unconvertible(f'The hashtable key "{unknown[0]}" isn\'t valid. Use the keys Add and Remove.')
    return {str(key).lower(): _many(parameter, edit) for key, edit in value.items() if edit is not None}


def _one_of(parameter: Parameter, value: Any) -> str:
    found = _single(parameter, value)
    by_number = {number: name for name, number in parameter.numbers.items()}
    if isinstance(found, int) and not isinstance(found, bool) and found in by_number:
        return by_number[found]
    return _enumerator(parameter, str(found))


def _enumerator(parameter: Parameter, text: str) -> str:
    """The enumerator meant by a name, its number as text, or an unambiguous beginning of its name."""
    wanted = text.strip().lower()
    for name in parameter.accepted:
        if wanted == name.lower() or (wanted.isdecimal() and parameter.numbers.get(name) == int(wanted)):
            return name
    found = [name for name in parameter.accepted if wanted and name.lower().startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Unconvertible(
            f'Cannot convert value "{text}" to type "{parameter.type}". Error: "The identifier name {text} cannot be '
            "processed because it is either too similar or identical to the following enumerator names: "
            f'{", ".join(found)}. Use a more specific identifier name."'
        )
    raise Unconvertible(
        f'Cannot convert value "{text}" to type "{parameter.type}". Error: "Unable to match the identifier name {text} '
        "to a valid enumerator name. Specify one of the following enumerator names and try again:\r\n"
        f'{", ".join(parameter.accepted)}"'
    )


_CONVERTERS: dict[str, Callable[[Parameter, Any], Any]] = {
    "SwitchParameter": _boolean,
    "Boolean": _boolean,
    "System.Boolean": _boolean,
    "Int32": _integer,
    "Unlimited": _unlimited,
    "EnhancedTimeSpan": _timespan,
    "Guid": _guid,
    "SmtpAddress": _mail,
    "MultiValuedProperty": _many,
    "ProxyAddressCollection": _many,
    "ApprovedApplicationCollection": _many,
}


def _check_ranges(parameter: Parameter, value: Any) -> None:
    if value == UNLIMITED or isinstance(value, bool):
        return
    for limit in parameter.ranges:
        if limit.kind == "length":
            _check_length(limit, value)
        elif isinstance(value, timedelta if limit.kind == "timespan" else int):
            _check_bounds(limit, value)


def _check_length(limit: Range, value: Any) -> None:
    longest = _bound(limit, limit.max)
    if isinstance(value, str) and longest is not None and len(value) > longest:
        raise OutOfRange(
            f"The length of the property is too long. The maximum length is {longest} and the length of the value "
            f"provided is {len(value)}."
        )


def _check_bounds(limit: Range, value: Any) -> None:
    low, high = _bound(limit, limit.min), _bound(limit, limit.max)
    if (low is not None and value < low) or (high is not None and value > high):
        raise OutOfRange(
            f'The property value is invalid. The value can\'t be outside the range "{limit.min}" to "{limit.max}".'
        )


def _bound(limit: Range, bound: str | int | None) -> Any:
    if bound is None:
        return None
    return read_timespan(str(bound)) if limit.kind == "timespan" else int(bound)
