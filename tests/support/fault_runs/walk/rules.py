"""What must hold at each moment, and over the whole record. Pure: a snapshot goes in, sentences come out."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exconn.contracts import BRAKES
from exconn.stream import Number
from tests.support.fault_runs.walk.indexes import Snapshot

Chosen = Callable[[Mapping[str, Any]], bool]


def _is_due(job: Mapping[str, Any]) -> bool:
    return job["state"] in ("queued", "claimed") or (job["state"] == "waiting" and job["wait"] == "time")


def _flies(job: Mapping[str, Any]) -> bool:
    return bool(job["credit"] == "1" and job["state"] not in ("held", "settled") and job["wait"] != "credit")


#: Index -> which jobs belong in it, and no others.
_MEMBERS: Mapping[str, Chosen] = {
    "due": _is_due,
    "paused": lambda job: job["state"] == "waiting" and job["wait"] == "switch",
    "parked": lambda job: job["state"] == "waiting" and job["wait"] == "credit",
    "in_flight": _flies,
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
    devices = {job["device"]: job_id for job_id, job in now.jobs.items() if job["device"] and job["state"] != "settled"}
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


@dataclass
class Record:
    """The status stream as it has been read so far."""

    last: str = ""
    sequence: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    queued: set[str] = field(default_factory=set)
    begun: Counter[str] = field(default_factory=Counter)
    _epoch: Counter[str] = field(default_factory=Counter)
    _claimed: set[tuple[str, int]] = field(default_factory=set)
    _granted: set[str] = field(default_factory=set)
    #: Which jobs took a token of the breaker, and when the newest ones did, in milliseconds.
    _took: set[str] = field(default_factory=set)
    _recent: list[int] = field(default_factory=list)

    def take(self, now: Snapshot, window: tuple[int, int]) -> Iterator[str]:
        """Read on; `window` is the breaker's: at most so many begin within so many milliseconds."""
        for record in now.records:
            self.last = record["id"]
            yield from self._one(record, window)
        if now.sequence != self.sequence:
            yield f"the sequence is {now.sequence}, the last record {self.sequence}"
        for job_id, job in now.jobs.items():
            if int(job["begun"]) != self.begun[job_id]:
                yield f"{job_id} has begun {job['begun']} times, {self.begun[job_id]} are on record"

    def _one(self, record: Mapping[str, str], window: tuple[int, int]) -> Iterator[str]:
        number, job_id, epoch = int(record["n"]), record["job"], int(record["epoch"])
        if int(record["seq"]) != self.sequence + 1:
            yield f"record {record['seq']} follows record {self.sequence}"
        self.sequence = int(record["seq"])
        if not job_id:
            return
        if job_id in self.ends:
            yield f"record {self.sequence} ({number}) of {job_id} comes after its end"
        if epoch < self._epoch[job_id]:
            yield f"{job_id} goes back from epoch {self._epoch[job_id]} to {epoch}"
        self._epoch[job_id] = epoch
        yield from self._of_job(record, number, job_id, epoch, window)

    def _of_job(
        self, record: Mapping[str, str], number: int, job_id: str, epoch: int, window: tuple[int, int]
    ) -> Iterator[str]:
        data = json.loads(record["data"])
        if number == Number.JOB_QUEUED:
            self.queued.add(job_id)
        elif number == Number.JOB_CLAIMED:
            if (job_id, epoch) in self._claimed:
                yield f"{job_id} was claimed twice in epoch {epoch}"
            self._claimed.add((job_id, epoch))
        elif number == Number.JOB_RELEASED and data.get("held_for") in {reason.value for reason in BRAKES}:
            self._granted.add(job_id)
        elif number == Number.ISSUING:
            self.begun[job_id] += 1
            if data.get("purpose") == "issue":
                yield from self._token(job_id, int(record["at"]), window)
        if record["state"] == "settled":
            self.ends[job_id] = number

    def _token(self, job_id: str, at: int, window: tuple[int, int]) -> Iterator[str]:
        if job_id in self._took:
            return
        limit, span = window
        self._recent = [before for before in self._recent if before > at - span]
        used = len(self._recent)
        if job_id not in self._granted and used >= limit:
            yield f"{job_id} began as number {used + 1} within {span} ms, where {limit} may"
        self._took.add(job_id)
        self._recent.append(at)
