"""The ledger's Lua scripts, with the prelude that is rendered from the Python tables.

Scripts whose work must go on when the server is full are flagged allow-oom; insert is not.
"""

import json
from functools import cache
from importlib.resources import files

from exconn.keyspace import keys
from exconn.ledger.job import CHECKS, TRANSITIONS
from exconn.stream import Number

#: Calls that bring new work in: refused, before they write anything, when the server has no memory left.
REFUSED_WHEN_FULL = frozenset({"insert"})

_KEY_TEMPLATES = {
    "job": keys.job("%s"),
    "idempotency": keys.idempotency("%s", "%s"),
    "open_actions": keys.open_actions("%s"),
    "open_jobs": keys.open_jobs("%s"),
    "due": keys.due("%s"),
    "parked": keys.parked("%s", "%s"),
    "in_flight": keys.in_flight("%s", "%s"),
    "paused": keys.paused("%s"),
    "switch": keys.switch("%s"),
    "brake": keys.brake("%s", "%s"),
    "quota": keys.quota("%s", "%s"),
    "fleet": keys.fleet("%s"),
    "status": keys.STATUS,
    "sequence": keys.SEQUENCE,
    "settled": keys.SETTLED,
    "confirmed_sequence": keys.CONFIRMED_SEQUENCE,
}


@cache
def source(name: str) -> str:
    """The full text of a script."""
    flags = "" if name in REFUSED_WHEN_FULL else " flags=allow-oom"
    return "\n".join((f"#!lua{flags}", _tables(), _read("prelude"), _read(name)))


def names() -> tuple[str, ...]:
    """The names of all scripts."""
    folder = files("exconn.ledger") / "scripts"
    found = (entry.name.removesuffix(".lua") for entry in folder.iterdir() if entry.name.endswith(".lua"))
    return tuple(sorted(name for name in found if name != "prelude"))


def _read(name: str) -> str:
    return (files("exconn.ledger") / "scripts" / f"{name}.lua").read_text(encoding="utf-8")


def _tables() -> str:
    legal = {call: {state.value: True for state in states} for call, states in TRANSITIONS.items()}
    checks = {
        column.value: {"switch": row.switch, "breaker": row.breaker, "quota": row.quota}
        for column, row in CHECKS.items()
    }
    numbers = {number.name.lower(): number.value for number in Number}
    tables = {"K": _KEY_TEMPLATES, "N": numbers, "LEGAL": legal, "CHECKS": checks}
    return "\n".join(f"local {name} = {_lua(table)}" for name, table in tables.items())


def _lua(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"[{json.dumps(name)}] = {_lua(inner)}" for name, inner in value.items()) + " }"
    return json.dumps(value)
