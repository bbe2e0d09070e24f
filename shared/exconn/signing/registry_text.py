"""Writing a registry of requesters: what `exconn init`, the demo and the tests start with."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from exconn.connector import Quota
from exconn.signing.roles import RequesterRole


def registry_text(
    keys: Mapping[str, str],
    *,
    deployment: str,
    revision: int = 1,
    role: RequesterRole | None = RequesterRole.ADMIN,
    roles: Mapping[str, RequesterRole] = MappingProxyType({}),
    kinds: Sequence[str] = (),
    connectors: Sequence[str] = ("*",),
    quota: Quota | None = None,
    single_administrator: bool = False,
    bounds: str = "",
) -> str:
    """A registry in which all requesters of `keys` (name and public key) have the same rights.

    `kinds` stand in place of the role; `roles` are of single ones. `bounds` is the text of their tables.
    """
    lines = [
        f"revision = {revision}",
        f"deployment = {json.dumps(deployment)}",
        f"single_administrator = {json.dumps(single_administrator)}",
    ]
    for name, public in keys.items():
        own = roles.get(name, role)
        rights = f"kinds = {json.dumps(list(kinds))}" if kinds or own is None else f'role = "{own}"'
        lines += ["", f"[requesters.{name}]", f"keys = [{json.dumps(public)}]", rights]
        lines += [f"connectors = {json.dumps(list(connectors))}"]
        if quota is not None:
            lines += [f"quota = {{ per_hour = {quota.per_hour}, per_day = {quota.per_day} }}"]
    return "\n".join(lines) + "\n" + (f"\n{bounds}" if bounds else "")


#: Bounds that hold nothing back, for runs that measure or break what is behind the brakes.
WIDE_OPEN = "".join(
    f'[bounds.{name}]\nshort = {{ count = 100000, within = "1d" }}\nlong = {{ count = 100000, within = "1d" }}\n'
    "fleet_percent = 100.0\nfleet_floor = 1000\n"
    for name in ("erase", "disconnect")
) + ("[bounds.quota]\nper_hour = 100000\nper_day = 100000\n")
