"""What a new definition would widen or move, and what of it goes beyond the deployment's bounds (pure).

A difference is harmless only where this table says so: a field that nobody has entered yet needs a second requester.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel

from exconn.connector.definition import ConnectorDefinition, LimitSettings, Lookups, SiteServer
from exconn.connector.pending import Difference, DifferenceCode
from exconn.connector.values import format_duration

#: From the old and the new value (None: absent) to what makes the difference one for a second requester.
_Judge = Callable[[Any, Any], DifferenceCode | None]

#: Ways to sign in, the weakest first: what somebody in between, or the server itself, learns of the secret.
_STRENGTH = ("basic", "ntlm", "negotiate", "kerberos", "certificate")


def _always(code: DifferenceCode) -> _Judge:
    return lambda _old, _new: code


def _harmless(_old: Any, _new: Any) -> None:
    return None


def _more(code: DifferenceCode) -> _Judge:
    return lambda old, new: code if old is None or new is None or new > old else None


def _less(code: DifferenceCode) -> _Judge:
    return lambda old, new: code if old is None or new is None or new < old else None


def _sign_in(old: Any, new: Any) -> DifferenceCode:
    known = old in _STRENGTH and new in _STRENGTH
    weaker = known and _STRENGTH.index(new) < _STRENGTH.index(old)
    return DifferenceCode.WEAKER_SIGN_IN if weaker else DifferenceCode.OTHER_SIGN_IN


def _names_another(_old: Any, new: Any) -> DifferenceCode | None:
    return DifferenceCode.OTHER_ORGANIZATION if new else None


_LIMIT = _more(DifferenceCode.WIDENS_LIMIT)
_ADDRESS = _always(DifferenceCode.MOVES_ADDRESS)

#: Field by field, the first pattern that fits. Which devices are discovered decides only what is read, and the share of
#: the fleet is one of devices that are really there; settings of the policy have a second person of their own, when a
#: plan is applied.
RULES: tuple[tuple[str, _Judge], ...] = (
    ("limits.*.within", _less(DifferenceCode.WIDENS_LIMIT)),
    ("limits.*.count", _LIMIT),
    ("limits.*.fleet_percent", _LIMIT),
    ("limits.*.fleet_floor", _LIMIT),
    ("limits.quota.per_hour", _LIMIT),
    ("limits.quota.per_day", _LIMIT),
    ("lookups.deadline", _more(DifferenceCode.LATER_DEADLINE)),
    ("lookups.first", _harmless),
    ("lookups.longest_pause", _harmless),
    ("lookups.unreported_after", _harmless),
    ("exchange.url", _ADDRESS),
    ("exchange.servers.*", _ADDRESS),
    ("exchange.organization", _names_another),
    ("exchange.domains", _ADDRESS),
    ("exchange.kerberos_host", _ADDRESS),
    ("exchange.proxy", _ADDRESS),
    ("exchange.auth", _sign_in),
    ("exchange.ca_file", _always(DifferenceCode.OTHER_SIGN_IN)),
    ("exchange.proxy_username", _always(DifferenceCode.OTHER_ACCOUNT)),
    ("*.username", _always(DifferenceCode.OTHER_ACCOUNT)),
    ("*_file", _always(DifferenceCode.OTHER_SECRET)),
    ("seats.total", _harmless),
    ("seats.for_actions", _harmless),
    ("discovery.full_every_hours", _harmless),
    ("discovery.full_at", _harmless),
    ("discovery.maximum_inactive_days", _harmless),
    ("discovery.find_all", _harmless),
    ("discovery.containers", _harmless),
    ("policy.*", _harmless),
)
_UNKNOWN = _always(DifferenceCode.OTHER_SETTING)


@dataclass(frozen=True)
class BeyondBounds:
    """A limit that a definition sets wider than the deployment's registry lets it."""

    field: str
    value: str
    bound: str

    def __str__(self) -> str:
        return f"{self.field} = {self.value} goes beyond the deployment's bound {self.bound}; write {self.bound}"


def differences(old: ConnectorDefinition | None, new: ConnectorDefinition) -> tuple[Difference, ...]:
    """What a second requester must see before `new` replaces `old` (None: a connector that was never there)."""
    found = [] if old is not None else [_difference("name", None, new.name, DifferenceCode.NEW_CONNECTOR)]
    before, after = _values_before(old), dict(_values(new))
    for field in [*after, *(field for field in before if field not in after)]:
        was, becomes = before.get(field), after.get(field)
        if was != becomes and field != "name" and (code := judge(field)(was, becomes)) is not None:
            found.append(_difference(field, was, becomes, code))
    return tuple(found)


def beyond(definition: ConnectorDefinition, bounds: LimitSettings) -> tuple[BeyondBounds, ...]:
    """Every limit that is written in `definition` and wider than its bound; one that is not written follows it."""
    allowed = dict(_values(bounds, "limits."))
    return tuple(
        BeyondBounds(field, shown(value), shown(allowed[field]))
        for field, value in _written(definition.limits, "limits.")
        if field not in allowed or (value != allowed[field] and judge(field)(allowed[field], value) is not None)
    )


def judge(field: str) -> _Judge:
    """What decides on a difference in that field."""
    return next((judged for pattern, judged in RULES if fnmatchcase(field, pattern)), _UNKNOWN)


def shown(value: Any) -> str:
    """A value as a person writes it into the file."""
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(shown, value)) if isinstance(value, tuple) else str(value)


def _difference(field: str, old: Any, new: Any, code: DifferenceCode) -> Difference:
    return Difference(field=field, old=shown(old), new=shown(new), why=code)


def _values_before(old: ConnectorDefinition | None) -> Mapping[str, Any]:
    if old is not None:
        return dict(_values(old))
    defaults = {**dict(_values(LimitSettings(), "limits.")), **dict(_values(Lookups(), "lookups."))}
    return {**defaults, "exchange.hosted": False}


def _values(part: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is there, by its dotted field; servers by their site."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from _values(value, f"{prefix}{name}.")
        elif isinstance(value, tuple) and value and isinstance(value[0], SiteServer):
            for server in value:
                yield from _values(server, f"{prefix}{name}.{server.site.casefold()}.")
        elif value not in (None, (), ""):
            yield f"{prefix}{name}", value


def _written(part: BaseModel, prefix: str) -> Iterator[tuple[str, Any]]:
    for name in part.model_fields_set:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from _written(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
