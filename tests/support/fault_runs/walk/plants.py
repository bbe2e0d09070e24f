"""Bugs that the walk must find: each one changes the text of one script."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from exconn.ledger import lua


@dataclass(frozen=True)
class Plant:
    """In the script `script`, `text` becomes `instead`."""

    script: str
    text: str
    instead: str


PLANTS = {
    "settle-leaves-due": Plant(
        "prelude", "  leave(job)\n  not_due(job)\n  if job.state", "  leave(job)\n  if job.state"
    ),
    "claim-ignores-lease": Plant("claim", "job.state == 'claimed' and tonumber(job.lease) > NOW then", "false then"),
    "park-leaves-due": Plant(
        "prelude",
        "local function park(job)\n  leave(job)\n  not_due(job)",
        "local function park(job)\n  set_due(job, NOW)",
    ),
    "put-off-stays-ahead": Plant("defer", "not_ahead(job)", ""),
    "begun-stays-ahead": Plant("begin", "not_ahead(job)\nredis", "redis"),
    "released-stays-counted": Plant("prelude", "redis.call('ZREM', key('held'", "redis.call('ZSCORE', key('held'"),
    "credit-kept": Plant("prelude", "redis.call('SREM', key('in_flight'", "redis.call('SISMEMBER', key('in_flight'"),
    "number-repeated": Plant("prelude", "redis.call('INCR', K.sequence)", "redis.call('GET', K.sequence) or '1'"),
    "begun-not-counted": Plant("begin", "redis.call('HINCRBY', key('job', job.id), 'begun', 1)", ""),
    "end-keeps-device": Plant(
        "prelude", "redis.call('HDEL', key('open_actions'", "redis.call('HGET', key('open_actions'"
    ),
}


@contextmanager
def planted(bug: str) -> Iterator[None]:
    """Have ledgers that are made meanwhile carry the bug `bug`; none for an empty name."""
    if not bug:
        yield
        return
    plant, read = PLANTS[bug], lua._read

    def changed(name: str) -> str:
        text = read(name)
        if name != plant.script:
            return text
        if text.count(plant.text) != 1:
            raise ValueError(f"{plant.script}.lua has no longer exactly one {plant.text!r}: adapt the plant {bug}")
        return text.replace(plant.text, plant.instead)

    lua.library.cache_clear()
    lua._read = changed
    try:
        yield
    finally:
        lua._read = read
        lua.library.cache_clear()
