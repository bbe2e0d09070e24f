"""A mailbox policy as a record: every setting under its newer name, as a Python value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from exconn.exchange.clixml.timespans import parse_timespan
from exconn.exchange.cmdlets.dialect import Dialect, policy_cmdlet, policy_settings
from exconn.exchange.cmdlets.parameter_values import UNLIMITED
from exconn.exchange.cmdlets.table import UNCLEAR_SIZES, Parameter
from exconn.exchange.records import guid, text

#: A size as Exchange prints it: `2 MB (2,097,152 bytes)`.
_SIZE = re.compile(r"\(([\d,]+) bytes\)")
_KB = 1024


@dataclass(frozen=True, slots=True)
class MailboxPolicy:
    """A mobile device mailbox policy. Settings that Exchange did not show are absent from `values`."""

    identity: str
    guid: str
    name: str
    is_default: bool
    values: Mapping[str, Any]
    #: The domain controller that showed it; empty when it is not known.
    originating_server: str = ""
    distinguished_name: str = ""


def parse_policy(record: Mapping[str, Any], dialect: Dialect) -> MailboxPolicy:
    parameters = policy_cmdlet(dialect).parameters
    values = {
        newer: setting(parameters[own], record[own]) for newer, own in policy_settings(dialect).items() if own in record
    }
    return MailboxPolicy(
        identity=text(record, "Identity"),
        guid=guid(record, "a mailbox policy"),
        name=text(record, "Name"),
        is_default=record.get("IsDefault", record.get("IsDefaultPolicy")) is True,
        values=MappingProxyType(values),
        originating_server=text(record, "OriginatingServer"),
        distinguished_name=text(record, "DistinguishedName"),
    )


def setting(parameter: Parameter, value: object) -> object:
    """A property's value as the parameter of the same name would take it."""
    if parameter.is_list:
        items = value if isinstance(value, (list, tuple)) else [] if value in (None, "") else [value]
        return tuple(str(item) for item in items)
    if parameter.type_name == "Unlimited":
        return _unlimited(value, _KB if parameter.name in UNCLEAR_SIZES else 1)
    return value


def _unlimited(value: object, unit: int) -> object:
    """Unlimited travels as an object known by its text: a word, a number, a size or a time span.

    A size that says its unit is turned into `unit` (in bytes), rounded up; a bare number stays as it is.
    """
    if not isinstance(value, str):
        return value
    stripped = value.strip()
    if stripped == UNLIMITED:
        return UNLIMITED
    size = _SIZE.search(stripped)
    if size is not None:
        return -(-int(size.group(1).replace(",", "")) // unit)
    if stripped.isdecimal():
        return int(stripped)
    return _span_or_text(stripped)


def _span_or_text(value: str) -> timedelta | str:
    try:
        return parse_timespan(value)
    except ValueError:
        return value
