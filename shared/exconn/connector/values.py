"""The kinds of value a definition holds: durations as operators write them, addresses without secrets."""

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, StringConstraints

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_DURATION = re.compile(r"^([1-9]\d{0,6})([smhd])$")
_DOMAIN = re.compile(r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
_HOST_NAME = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$")
#: What Exchange reads there, such as ExchClientVer=15.2.986.5;serializationLevel=Full.
_QUERY = re.compile(r"[A-Za-z0-9._=;&-]{1,200}")
_TIME_OF_DAY = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")


def parse_duration(value: object) -> timedelta:
    """`30s`, `20m`, `72h` or `3d` as a timedelta. Raises ValueError with the remedy."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("no duration; write a number and a unit, such as 30s, 20m, 72h or 3d")
    return int(found[1]) * _UNITS[found[2]]


def format_duration(value: timedelta) -> str:
    """The shortest whole form: the inverse of `parse_duration`."""
    for letter in ("d", "h", "m"):
        if value % _UNITS[letter] == timedelta(0):
            return f"{value // _UNITS[letter]}{letter}"
    return f"{value // _UNITS['s']}s"


def _time_of_day(value: object) -> time:
    if isinstance(value, time):
        return value
    found = _TIME_OF_DAY.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('no time of day; write it in UTC as "HH:MM", such as "02:00"')
    return time(int(found[1]), int(found[2]))


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.username or parts.password:
        raise ValueError("an address holds no user name or password; write them under [accounts]")
    plain = value.isascii() and value.isprintable() and " " not in value
    plain = plain and (not parts.query or _QUERY.fullmatch(parts.query) is not None)
    if not plain or parts.scheme not in ("https", "http") or not parts.hostname or parts.fragment:
        raise ValueError("no usable address; write it like https://mail.example.org/PowerShell/")
    try:
        _ = parts.port
    except ValueError as exc:
        raise ValueError("the port is no number below 65536; correct or leave it out") from exc
    return value


def _host_name(value: str) -> str:
    if not _HOST_NAME.match(value):
        raise ValueError("no host name; write it in full, such as ex1.corp.example, without scheme or port")
    return value


def _proxy(value: str) -> str:
    try:
        parts = urlsplit(value)
        plain = parts.scheme == "http" and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        plain = False
        parts = urlsplit("")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a proxy that asks for credentials is not supported; have it let this machine pass")
    if not plain or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("no proxy address; write it like http://proxy.example.org:3128")
    return value


def _absolute(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError("a relative path means another file for each service; write the absolute path")
    return value


def _domain(value: str) -> str:
    name = value.strip().rstrip(".").lower()
    if not _DOMAIN.match(name) or "." not in name:
        raise ValueError('no domain or host; write it like "corp.example.org", without wildcards')
    return name


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)]
TimeOfDay = Annotated[
    time, BeforeValidator(_time_of_day), PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str)
]
HostName = Annotated[str, StringConstraints(max_length=253), AfterValidator(_host_name)]
ProxyAddress = Annotated[str, StringConstraints(max_length=300), AfterValidator(_proxy)]
Address = Annotated[str, StringConstraints(max_length=500), AfterValidator(_address)]
AbsoluteFile = Annotated[Path, AfterValidator(_absolute)]
DomainName = Annotated[str, AfterValidator(_domain)]
