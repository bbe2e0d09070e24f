"""The indexes of the brakes at one moment, and what must hold of them: who is ahead, who is open, and what may end."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import redis

from exconn.contracts import Checks, Kind, Service
from exconn.keyspace import keys
from tests.support.fault_runs.walk.indexes import CONNECTOR

#: Who has so small a quota that its open actions come up to their bound.
FRUGAL, FRUGAL_QUOTA, MOST_OPEN = "frugal-walker", 5, 20
#: What is held of one gives way to what another one asks for.
REQUESTERS = ("walker", "other-walker", FRUGAL)

_READ = """
local found = { jobs = {} }
for _, name in ipairs(redis.call('KEYS', ARGV[1])) do
  local job, flat = {}, redis.call('HGETALL', name)
  for i = 1, #flat, 2 do job[flat[i]] = flat[i + 1] end
  found.jobs[#found.jobs + 1] = { string.match(name, '[^:]+$'), job }
end
for place, name in ipairs({ 'quota_ahead', 'brake_ahead', 'open_of', 'expiring' }) do
  found[name] = {}
  for index in string.gmatch(ARGV[place + 1], '%S+') do
    for _, id in ipairs(redis.call('ZRANGE', index, 0, -1)) do
      found[name][#found[name] + 1] = id
    end
  end
end
return cjson.encode(found)
"""


def brake_violations(client: "redis.Redis") -> Iterator[str]:
    """Each wipe that is in an index alone, or should be in it by its state; all read in one call."""
    arguments = (
        keys.job(f"{Kind.WIPE}-*"),
        " ".join(keys.quota_ahead(CONNECTOR, requester) for requester in REQUESTERS),
        keys.brake_ahead(CONNECTOR, Checks.ERASE),
        " ".join(keys.open_of(CONNECTOR, requester) for requester in REQUESTERS),
        keys.expiring(Service.ACTIONS, CONNECTOR),
    )
    found: dict[str, Any] = json.loads(client.eval(_READ, 0, *arguments))
    jobs: dict[str, Mapping[str, str]] = dict(found["jobs"])
    for name in ("quota_ahead", "brake_ahead"):
        ahead = set(found[name])
        for job_id in ahead:
            if job_id not in jobs or not _may_be_ahead(jobs[job_id]):
                yield f"{name} wrongly counts {job_id}: {_standing(jobs, job_id)}"
        for job_id, job in jobs.items():
            if _must_be_ahead(job) and job_id not in ahead:
                yield f"{name} lacks {job_id}: {_standing(jobs, job_id)}"
    yield from _differs("what is open", jobs, found["open_of"], lambda job: job["state"] != "settled")
    yield from _differs("what may end", jobs, found["expiring"], _may_end)
    has_open = sum(job["state"] != "settled" and job.get("requester") == FRUGAL for job in jobs.values())
    if has_open > MOST_OPEN:
        yield f"{FRUGAL} has {has_open} actions open, and {MOST_OPEN} may be"


def _differs(
    name: str, jobs: Mapping[str, Mapping[str, str]], index: Iterable[str], belongs: Callable[[Mapping[str, str]], bool]
) -> Iterator[str]:
    wanted = {job_id for job_id, job in jobs.items() if belongs(job)}
    for job_id in wanted ^ set(index):
        yield f"{name} {'lacks' if job_id in wanted else 'wrongly counts'} {job_id}: {_standing(jobs, job_id)}"


def _may_end(job: Mapping[str, str]) -> bool:
    """It waits for a person or for the kill switch, has a time, and has not begun."""
    waits = job["state"] == "held" or (job["state"] == "waiting" and job.get("wait") == "switch")
    return waits and bool(job.get("valid_until")) and job.get("begun", "0") == "0"


def _may_be_ahead(job: Mapping[str, str]) -> bool:
    was_put_off = job.get("wait") == "time" and job.get("look") == "1"
    is_coming = job["state"] in ("queued", "claimed") or (job.get("wait") == "time" and not was_put_off)
    return is_coming and job.get("begun", "0") == "0"


def _must_be_ahead(job: Mapping[str, str]) -> bool:
    """It was let in, and nobody has touched it since; what was stopped, as it was claimed, has had a reason."""
    is_untouched = job.get("epoch", "0") == "0" and "reason" not in job
    return is_untouched and job.get("ring", "0") != "0" and job["state"] == "queued"


def _standing(jobs: Mapping[str, Mapping[str, str]], job_id: str) -> str:
    job = jobs.get(job_id)
    return "unknown" if job is None else f"{job['state']} {job.get('wait', '')} begun {job.get('begun', '0')}"
