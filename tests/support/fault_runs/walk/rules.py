"""What must hold at each moment. Pure: a snapshot goes in, sentences come out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from exconn.contracts import BRAKES, CANCELLATIONS, is_in_exchange
from tests.support.fault_runs.walk.indexes import Snapshot

Chosen = Callable[[Mapping[str, Any]], bool]


def _is_due(job: Mapping[str, Any]) -> bool:
    return job["state"] in ("queued", "claimed") or (job["state"] == "waiting" and job["wait"] == "time")


def _flies(job: Mapping[str, Any]) -> bool:
    return bool(job["credit"] == "1" and job["state"] not in ("held", "settled") and job["wait"] != "credit")


def _is_followed(job: Mapping[str, Any]) -> bool:
    return job["state"] == "held" and is_in_exchange(job["kind"], job["phase"]) and job["reason"] not in BRAKES


#: Index -> which jobs belong in it, and no others.
_MEMBERS: Mapping[str, Chosen] = {
    "due": _is_due,
    "paused": lambda job: job["state"] == "waiting" and job["wait"] == "switch",
    "parked": lambda job: job["state"] == "waiting" and job["wait"] == "credit",
    "in_flight": _flies,
    "looks": _is_followed,
    "unsettled": lambda job: bool(job["state"] != "settled"),
    "settled": lambda job: job["state"] == "settled" and job["expires"] < 0,
}


def index_violations(now: Snapshot) -> Iterator[str]:
    """Each job that stands in an index wrongly, or lacks in one."""
    for name, chosen in _MEMBERS.items():
        wanted = frozenset(job_id for job_id, job in now.jobs.items() if chosen(job))
        for job_id in getattr(now, name) ^ wanted:
            word = "lacks" if job_id in wanted else "wrongly holds"
            yield f"the index {name} {word} {job_id}: {_standing(now, job_id)}"
    for job_id in now.rings - now.unsettled:
        yield f"rings are counted of {job_id}: {_standing(now, job_id)}"
    devices = {job["device"]: job_id for job_id, job in now.jobs.items() if job["device"] and job["state"] != "settled"}
    open_for = Counter(job["device"] for job in now.jobs.values() if job["device"] and job["state"] != "settled")
    for device, number in open_for.items():
        if number > 1:
            yield f"{number} actions are open for {device}"
    for device, job_id in set(devices.items()) ^ set(now.open.items()):
        yield f"the open index and the open jobs differ about {device}, {job_id}: {_standing(now, job_id)}"


def parent_violations(now: Snapshot) -> Iterator[str]:
    """Each parent that counts other parts than it has, or waits for none."""
    parts = Counter(
        (job["parent"], job["generation"]) for job in now.jobs.values() if job["parent"] and job["state"] != "settled"
    )
    for job_id, job in now.jobs.items():
        if job["state"] == "settled" or job["kind"] != "sweep":
            continue
        has = parts[job_id, job["own_generation"]]
        if int(job["pending"]) != has:
            yield f"{job_id} counts {job['pending']} parts and has {has}"
        if job["wait"] == "children" and has == 0:
            yield f"{job_id} waits for parts that it does not have"


def _standing(now: Snapshot, job_id: str) -> str:
    job = now.jobs.get(job_id)
    return "unknown" if job is None else f"{job['state']} {job['wait']} epoch {job['epoch']} {job['reason']}".strip()


def mark_violations(now: Snapshot) -> Iterator[str]:
    """Each held job whose cancellation nobody has seen: a person would decide on it without knowing."""
    for job_id, job in now.jobs.items():
        if job["state"] != "held" or job["cancel"] != "1":
            continue
        if job["begun"] == "0":
            yield f"{job_id} is held though it was cancelled before it had begun: {_standing(now, job_id)}"
        elif job["reason"] not in CANCELLATIONS:
            yield f"{job_id} is held and does not say that it was cancelled: {_standing(now, job_id)}"
