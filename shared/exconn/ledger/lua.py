"""The ledger's Lua scripts as one library of functions, with the tables that are rendered from the Python ones.

Scripts whose work must go on when the server is full are flagged allow-oom; insert is not.
"""

import json
import re
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import TypeVar

from exconn.contracts import (
    BRAKES,
    CANCELLATIONS,
    KINDS,
    LONGEST_WINDOW,
    REASONS,
    WORKERS,
    Life,
)
from exconn.contracts.request import VALID_WITHIN
from exconn.keyspace import Library, count, ended_stream, keys
from exconn.ledger.bounds import LEAST_OPEN, OPEN_PER_QUOTA, SUPERSEDES_WITHIN
from exconn.ledger.job import CHECKS, IDEMPOTENCY_KEPT, TRANSITIONS
from exconn.stream import Number

T = TypeVar("T")

#: Tokens of brakes are kept for as long as any definition may look back, and a day; never by what one job looks at.
TOKENS_KEPT = LONGEST_WINDOW + timedelta(days=1)
_TOKENS_KEPT_MS = int(TOKENS_KEPT.total_seconds() * 1000)

#: That a request was issued is known for as long as it may be valid, and a day: what is not valid is not issued.
ISSUED_KEPT = VALID_WITHIN + timedelta(days=1)

#: That an action was cancelled, and what was before it, is known for longer than any action stays open.
CANCELLED_KEPT = timedelta(days=400)

#: That a finding was acknowledged is known for longer than any monitor is behind.
ACKNOWLEDGED_KEPT = CANCELLED_KEPT

#: Calls that bring new work in: refused, before they write anything, when the server has no memory left.
REFUSED_WHEN_FULL = frozenset({"insert"})

_KEY_TEMPLATES = {
    "job": keys.job("%s"),
    "idempotency": keys.idempotency("%s", "%s", "%s"),
    "open_actions": keys.open_actions("%s"),
    "open_jobs": keys.open_jobs("%s", "%s"),
    "due": keys.due("%s", "%s"),
    "rings": keys.rings("%s", "%s"),
    "parked": keys.parked("%s", "%s"),
    "in_flight": keys.in_flight("%s", "%s"),
    "paused": keys.paused("%s", "%s"),
    "switch": keys.switch("%s"),
    "brake": keys.brake("%s", "%s"),
    "quota": keys.quota("%s", "%s"),
    "quota_ahead": keys.quota_ahead("%s", "%s"),
    "brake_ahead": keys.brake_ahead("%s", "%s"),
    "issued": keys.issued("%s", "%s"),
    "pre_image": keys.pre_image("%s"),
    "ended": keys.ended("%s"),
    "open_of": keys.open_of("%s", "%s"),
    "asked_lately": keys.asked_lately("%s"),
    "cancelled": keys.cancelled("%s"),
    "acknowledged": keys.acknowledged("%s", "%s"),
    "revisions": keys.revisions("%s"),
    "expiring": keys.expiring("%s", "%s"),
    "paused_by": keys.paused_by("%s"),
    "fleet": keys.fleet("%s"),
    "troubles": keys.troubles("%s"),
    "awaiting": keys.awaiting("%s", "%s"),
    "status": keys.STATUS,
    "sequence": keys.SEQUENCE,
    "settled": keys.settled("%s"),
    "connectors": keys.CONNECTORS,
    "answer": keys.answer("%s", "%s"),
    "confirmed_sequence": keys.CONFIRMED_SEQUENCE,
    "heartbeats": keys.HEARTBEATS,
    "rounds": keys.ROUNDS,
    "looks": keys.looks("%s"),
    "series": keys.series("%s"),
    "credit": keys.credit("%s", "%s"),
    "rung": keys.rung("%s", "%s"),
    "lanes": keys.lanes("%s", "%s"),
    "heads": keys.heads("%s", "%s"),
    "missing": keys.MISSING,
    "marked": keys.MARKED,
    "refused": keys.REFUSED,
    "refused_counts": keys.REFUSED_COUNTS,
    "refused_lately": keys.REFUSED_LATELY,
}


#: What scripts share, in the order in which the library is made of it.
_SHARED = ("parameters", "ended", "prelude", "written", "next_parked", "brakes", "lease_holder", "news_of_looks")


@cache
def library() -> Library:
    """All scripts, and what they share."""
    shared = "\n".join(map(_read, _SHARED))
    scripts = {name: _read(name) for name in names()}
    tables = _tables("\n".join((shared, *scripts.values())))
    return Library(
        "ledger",
        {name: _flagged(name, text) for name, text in scripts.items()},
        f"{tables}\n{ended_stream.LUA}\n{count.LUA}\n{shared}",
    )


def _flagged(name: str, text: str) -> str:
    return text if name in REFUSED_WHEN_FULL else f"#!lua flags=allow-oom\n{text}"


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
        "R": _named(text, "R", {reason.value: reason.value for reason in REASONS}),
        "SERVICES": tuple(service.value for service in WORKERS),
        "TOKENS_KEPT": _TOKENS_KEPT_MS,
        "ISSUED_KEPT": int(ISSUED_KEPT.total_seconds() * 1000),
        "CANCELLED_KEPT": int(CANCELLED_KEPT.total_seconds() * 1000),
        "ACKNOWLEDGED_KEPT": int(ACKNOWLEDGED_KEPT.total_seconds() * 1000),
        "OPEN_PER_QUOTA": OPEN_PER_QUOTA,
        "LEAST_OPEN": LEAST_OPEN,
        "SUPERSEDES_WITHIN": int(SUPERSEDES_WITHIN.total_seconds() * 1000),
        "IDEMPOTENCY_KEPT": int(IDEMPOTENCY_KEPT.total_seconds() * 1000),
        "BRAKES": {reason.value: True for reason in sorted(BRAKES)},
        "CANCELLATIONS": {reason.value: True for reason in sorted(CANCELLATIONS)},
        "ACTIONS": {kind.value: True for kind, row in KINDS.items() if CHECKS[row.checks].quota},
        "FIRST": {kind.value: row.life.first.value for kind, row in KINDS.items()},
        "LEASED": {kind.value: True for kind, row in KINDS.items() if row.leased},
        "LEGAL": {call: {state.value: True for state in states} for call, states in TRANSITIONS.items()},
        "LIFE": {kind.value: _moves(row.life) for kind, row in KINDS.items() if row.life.moves},
        "IN_EXCHANGE": {
            kind.value: dict.fromkeys(sorted(row.life.in_exchange), True)
            for kind, row in KINDS.items()
            if row.life.in_exchange
        },
        "CHECKS": {
            column.value: {"switch": row.switch, "breaker": row.breaker, "quota": row.quota}
            for column, row in CHECKS.items()
        },
    }
    return "\n".join(f"local {name} = {_lua(table)}" for name, table in tables.items())


def _moves(life: Life) -> dict[str, dict[str, bool]]:
    return {before.value: {after.value: True for after in moves} for before, moves in life.moves.items()}


def _named(text: str, table: str, values: dict[str, T]) -> dict[str, T]:
    """The entries of a table that a script names. Raises KeyError."""
    return {name: values[name] for name in sorted(set(re.findall(rf"\b{table}\.([a-z_]+)", text)))}


def _lua(value: object) -> str:
    if isinstance(value, tuple):
        return "{ " + ", ".join(map(_lua, value)) + " }"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"[{json.dumps(name)}] = {_lua(inner)}" for name, inner in value.items()) + " }"
    return json.dumps(value)
