"""The indexes of the brakes at one moment, and what must hold of them: who is ahead, and who is held."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import redis

from exconn.contracts import BRAKES, Checks, Kind
from exconn.keyspace import keys
from tests.support.fault_runs.walk.indexes import CONNECTOR

REQUESTER = "walker"

_READ = """
local found = { jobs = {} }
for _, name in ipairs(redis.call('KEYS', ARGV[1])) do
  local job, flat = {}, redis.call('HGETALL', name)
  for i = 1, #flat, 2 do job[flat[i]] = flat[i + 1] end
  found.jobs[#found.jobs + 1] = { string.match(name, '[^:]+$'), job }
end
for place, name in ipairs({ 'quota_ahead', 'brake_ahead', 'held' }) do
  found[name] = redis.call('ZRANGE', ARGV[place + 1], 0, -1)
end
return cjson.encode(found)
"""


def brake_violations(client: "redis.Redis") -> Iterator[str]:
    """Each wipe that is ahead or held by an index alone, or by its state alone; all read in one call."""
    arguments = (
        keys.job(f"{Kind.WIPE}-*"),
        keys.quota_ahead(CONNECTOR, REQUESTER),
        keys.brake_ahead(CONNECTOR, Checks.ERASE),
        keys.held(CONNECTOR, REQUESTER),
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
    wanted = {job_id for job_id, job in jobs.items() if job["state"] == "held" and job["reason"] in BRAKES}
    for job_id in wanted ^ set(found["held"]):
        word = "lacks" if job_id in wanted else "wrongly counts"
        yield f"what brakes hold {word} {job_id}: {_standing(jobs, job_id)}"


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
