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
    "unpark-forgets-due": Plant("next_parked", "set_due(job, NOW + P.ring_again)\n          ring", "ring"),
    "held-without-looks": Plant(
        "prelude",
        "redis.call('ZADD', key('looks', job.connector), int(NOW + LOOK_EVERY), job.id)",
        "redis.call('ZREM', key('looks', job.connector), job.id)",
    ),
    "put-off-stays-ahead": Plant("defer", "not_ahead(job)", ""),
    "begun-stays-ahead": Plant("begin", "not_ahead(job)\nredis", "redis"),
    "ended-stays-counted": Plant("prelude", "redis.call('ZREM', key('open_of'", "redis.call('ZSCORE', key('open_of'"),
    "released-may-end": Plant("prelude", "redis.call('ZREM', key('expiring'", "redis.call('ZSCORE', key('expiring'"),
    "end-keeps-rings": Plant("prelude", "redis.call('HDEL', key('rings'", "redis.call('HGET', key('rings'"),
    "credit-kept": Plant("prelude", "redis.call('SREM', key('in_flight'", "redis.call('SISMEMBER', key('in_flight'"),
    "number-repeated": Plant("prelude", "redis.call('INCR', K.sequence)", "redis.call('GET', K.sequence) or '1'"),
    "begun-not-counted": Plant("begin", "redis.call('HINCRBY', key('job', job.id), 'begun', 1)", ""),
    "end-keeps-device": Plant(
        "prelude", "redis.call('HDEL', key('open_actions'", "redis.call('HGET', key('open_actions'"
    ),
    "refused-after-begin": Plant("settle", "tonumber(job.begun) > 0 and (P.outcome", "false and (P.outcome"),
    "superseded-stays": Plant(
        "insert", "settle(in_its_way, 'cancelled', N.job_cancelled, P.by, { superseded_by = P.job })", ""
    ),
    "own-gives-way": Plant("insert", " or before.requester == (P.requester or '')", ""),
    "begun-gives-way": Plant(
        "insert", "before.state == 'held' and tonumber(before.begun) == 0", "before.state == 'held'"
    ),
    "open-without-bound": Plant("insert", "if has_open >= most then", "if false then"),
    "last-pauser-counts": Plant("switch", "if is_running or absent(first) then", "if true then"),
    "later-pause-forgotten": Plant("switch", "redis.call('HSET', pausers, 'again', '1')", ""),
    "nonce-forgotten": Plant("begin", "if id and (id ~= job.id or known == 'settled') then", "if false then"),
    "held-never-ends": Plant("prelude", "  may_expire(job)\n  -- What a brake", "  -- What a brake"),
    "begin-ignores-validity": Plant("begin", "tonumber(job.valid_until) <= NOW then", "false then"),
    "begin-ignores-switch": Plant(
        "brakes", "redis.call('GET', key('switch', job.connector)) ~= 'running' then", "false then"
    ),
    "mark-not-seen": Plant(
        "prelude",
        "  if gave_up(job, by) then\n    return true\n  end\n  if not absent(job.parent) then",
        "  if job.cancel == '1' then\n    return false\n  end\n  if not absent(job.parent) then",
    ),
    "set-back-leaves-switch": Plant(
        "ledger_set_back", "redis.call('DEL', key('switch', name))", "redis.call('GET', key('switch', name))"
    ),
    "set-back-repeats-numbers": Plant("ledger_set_back", "if known > record then\n  redis", "if false then\n  redis"),
    "set-back-not-seen": Plant(
        "ledger_set_back", "local set_back = known > record or lost or missing", "local set_back = missing"
    ),
    "carry-over-of-what-ended": Plant("carry_over", "job.state == 'settled' or is_in_hand", "is_in_hand"),
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
