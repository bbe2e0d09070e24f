"""The ledger's Lua scripts, with the prelude that is rendered from the Python tables.

Scripts whose work must go on when the server is full are flagged allow-oom; insert is not.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import TypeVar

from exconn.contracts import BRAKES, KINDS, HoldReason, Life, WaitReason
from exconn.keyspace import keys
from exconn.ledger.job import CHECKS, TRANSITIONS
from exconn.stream import Number

T = TypeVar("T")

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
    "troubles": keys.troubles("%s"),
    "awaiting": keys.awaiting("%s", "%s"),
    "status": keys.STATUS,
    "sequence": keys.SEQUENCE,
    "settled": keys.SETTLED,
    "confirmed_sequence": keys.CONFIRMED_SEQUENCE,
}


#: What scripts share; a script names in its first line what it uses beside the prelude.
_SHARED = ("prelude", "lease_holder", "news_of_looks")
_USES = re.compile(r"\A-- uses ([a-z_, ]+)\n")


@cache
def source(name: str) -> str:
    """The full text of a script."""
    flags = "" if name in REFUSED_WHEN_FULL else " flags=allow-oom"
    own = _read(name)
    used = _USES.match(own)
    shared = ("prelude", *(used[1].split(", ") if used else ()))
    text = "\n".join((*map(_read, shared), own))
    return "\n".join((f"#!lua{flags}", _tables(text), text))


def names() -> tuple[str, ...]:
    """The names of all scripts."""
    folder = files("exconn.ledger") / "scripts"
    found = (entry.name.removesuffix(".lua") for entry in folder.iterdir() if entry.name.endswith(".lua"))
    return tuple(sorted(name for name in found if name not in _SHARED))


def _read(name: str) -> str:
    return (files("exconn.ledger") / "scripts" / f"{name}.lua").read_text(encoding="utf-8")


def _tables(text: str) -> str:
    tables = {
        "K": _KEY_TEMPLATES,
        "N": _named(text, "N", {number.name.lower(): number.value for number in Number}),
        "R": _named(text, "R", {reason.value: reason.value for reason in (*HoldReason, *WaitReason)}),
        "BRAKES": {reason.value: True for reason in sorted(BRAKES)},
        "LEGAL": {call: {state.value: True for state in states} for call, states in TRANSITIONS.items()},
        "LIFE": {kind.value: _moves(row.life) for kind, row in KINDS.items() if row.life.moves},
        "CHECKS": {
            column.value: {"switch": row.switch, "breaker": row.breaker, "quota": row.quota}
            for column, row in CHECKS.items()
        },
    }
    return "\n".join(
        f"local {name} = {_lua(table)}" for name, table in tables.items() if re.search(rf"\b{name}\b", text)
    )


def _moves(life: Life) -> dict[str, dict[str, bool]]:
    return {before.value: {after.value: True for after in moves} for before, moves in life.moves.items()}


def _named(text: str, table: str, values: dict[str, T]) -> dict[str, T]:
    """The entries of a table that a script names: building a table costs time at each call. Raises KeyError."""
    return {name: values[name] for name in sorted(set(re.findall(rf"\b{table}\.([a-z_]+)", text)))}


def _lua(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"[{json.dumps(name)}] = {_lua(inner)}" for name, inner in value.items()) + " }"
    return json.dumps(value)
