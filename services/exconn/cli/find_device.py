"""Which device is meant: a name is not unique, so whatever changes something needs an exact and single match."""

import re
from typing import Any

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.output import moment, plain
from exconn.cli.session import CommandSession
from exconn.cli.wrapping import terminal_width, wrapped

_GUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_SHOWN = 8


def find_device(session: CommandSession, named: str, connector: str, *, exact: bool) -> dict[str, Any]:
    """The one device that `named` means. Raises CommandError: none, or several (then all are listed).

    A name is `<user>_<device type>`, a GUID, an address or a user. `exact` allows no part of a name.
    """
    if _GUID.match(named):
        found: dict[str, Any] = session.monitor.get(f"/v1/devices/{named.lower()}", connector=connector)
        return found
    near = session.monitor.get("/v1/devices", q=named, connector=connector, limit=500)["devices"]
    same = [device for device in near if _is_named(device, named)]
    candidates = same if same or exact else near
    if len(candidates) == 1:
        return dict(candidates[0])
    if not candidates:
        raise _unknown(named, near)
    raise _ambiguous(named, candidates)


def _is_named(device: dict[str, Any], named: str) -> bool:
    names = (device["name"], device["owner_name"], device["owner_address"])
    return any(name and name.casefold() == named.casefold() for name in names)


def _unknown(named: str, near: list[dict[str, Any]]) -> CommandError:
    remedy = "see exconn devices list"
    if near:
        remedy = "did you mean " + ", ".join(plain(device["name"]) for device in near[:3]) + "?"
    return CommandError(ExitCode.NOT_FOUND, f"no device is called {plain(named)!r}", remedy=remedy)


def _ambiguous(named: str, candidates: list[dict[str, Any]]) -> CommandError:
    lines = [f"{plain(named)!r} means {len(candidates)} devices:"]
    for device in candidates[:_SHOWN]:
        model, seen = plain(device["model"]), moment(device["last_sync"])
        lines += wrapped(
            f"{plain(device['name'])}, {model}, last sync {seen}", terminal_width(), first=f"  {device['guid']}  "
        )
    if len(candidates) > _SHOWN:
        lines.append(f"  and {len(candidates) - _SHOWN} more")
    return CommandError(ExitCode.BAD_INPUT, "\n".join(lines), remedy="name the one you mean by its GUID")
