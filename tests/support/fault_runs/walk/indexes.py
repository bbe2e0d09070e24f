"""All indexes of the ledger at one moment: the only place of the walk that knows the names of keys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis

from exconn.contracts import WORKERS, Kind
from exconn.keyspace import keys

CONNECTOR = "walk"
#: The kinds of which some jobs wait for credit.
PARKED_KINDS = (Kind.PARTITION,)

#: What a field means that was never written.
UNWRITTEN = {
    **dict.fromkeys(("generation", "own_generation", "pending", "sealed", "epoch", "crashes", "tries", "begun"), "0"),
    **dict.fromkeys(("ring", "cancel", "failures", "looks", "credit", "revision"), "0"),
    **dict.fromkeys(("token", "lease", "wait", "reason", "subject", "outcome", "due", "device", "parent", "phase"), ""),
    **dict.fromkeys(("valid_until", "requester", "organization"), ""),
}

#: Indexes that are sets of jobs.
_SETS = ("due", "paused", "parked", "in_flight", "looks", "rings", "unsettled", "settled")
_READ = """
local found = { jobs = {}, records = {} }
for _, name in ipairs(redis.call('KEYS', ARGV[1])) do
  local job, flat = {}, redis.call('HGETALL', name)
  for i = 1, #flat, 2 do job[flat[i]] = flat[i + 1] end
  job.expires = redis.call('PTTL', name)
  found.jobs[string.sub(name, #ARGV[1])] = job
end
local function all(names, command, ...)
  local members = {}
  for name in string.gmatch(names, '%S+') do
    for _, member in ipairs(redis.call(command, name, ...)) do members[#members + 1] = member end
  end
  return members
end
found.due = all(ARGV[2], 'ZRANGE', 0, -1)
found.paused = all(ARGV[3], 'ZRANGE', 0, -1)
found.unsettled = all(ARGV[4], 'SMEMBERS')
found.settled = all(ARGV[5], 'ZRANGE', 0, -1)
found.open = redis.call('HGETALL', ARGV[6])
found.sequence = redis.call('GET', ARGV[7]) or '0'
found.switch = redis.call('GET', ARGV[8]) or ''
for _, record in ipairs(redis.call('XRANGE', ARGV[9], ARGV[10], '+')) do
  local fields, flat = { id = record[1] }, record[2]
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  found.records[#found.records + 1] = fields
end
found.parked = redis.call('ZRANGE', ARGV[11], 0, -1)
found.in_flight = redis.call('SMEMBERS', ARGV[12])
found.looks = redis.call('ZRANGE', ARGV[13], 0, -1)
found.rings = all(ARGV[14], 'HKEYS')
return cjson.encode(found)
"""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the server held at one moment; `records` are the status messages since the snapshot before."""

    jobs: Mapping[str, Mapping[str, Any]]
    due: frozenset[str]
    paused: frozenset[str]
    parked: frozenset[str]
    in_flight: frozenset[str]
    looks: frozenset[str]
    #: Whose doorbells were rung again.
    rings: frozenset[str]
    unsettled: frozenset[str]
    settled: frozenset[str]
    open: Mapping[str, str]
    sequence: int
    switch: str
    records: tuple[Mapping[str, str], ...]


def take(client: "redis.Redis", *, after: str) -> Snapshot:
    """Read everything in one call: no other call comes between."""
    kind = PARKED_KINDS[0]
    arguments = (
        keys.job("*"),
        " ".join(keys.due(service, CONNECTOR) for service in WORKERS),
        " ".join(keys.paused(service, CONNECTOR) for service in WORKERS),
        " ".join(keys.open_jobs(service, CONNECTOR) for service in WORKERS),
        " ".join(keys.settled(service) for service in WORKERS),
        keys.open_actions(CONNECTOR),
        keys.SEQUENCE,
        keys.switch(CONNECTOR),
        keys.STATUS,
        f"({after}" if after else "-",
        keys.parked(kind, CONNECTOR),
        keys.in_flight(kind, CONNECTOR),
        keys.looks(CONNECTOR),
        " ".join(keys.rings(service, CONNECTOR) for service in WORKERS),
    )
    found: dict[str, Any] = json.loads(client.eval(_READ, 0, *arguments))
    flat = list(found["open"])
    return Snapshot(
        jobs={job_id: UNWRITTEN | fields for job_id, fields in found["jobs"].items()},
        **{name: frozenset(found[name]) for name in _SETS},
        open=dict(zip(flat[::2], flat[1::2], strict=True)),
        sequence=int(found["sequence"]),
        switch=found["switch"],
        records=tuple(found["records"]),
    )
