"""What must hold over the whole record. Pure: snapshots go in, one after the other, and sentences come out."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exconn.contracts import BRAKES
from exconn.stream import Number, StatusMessage, parse_message
from tests.support.fault_runs.walk.indexes import Snapshot
from tests.support.fault_runs.walk.switch import SwitchOnRecord

#: What never changes of a job that has ended.
_STANDING = ("outcome", "phase", "reason", "epoch", "begun", "cancel")


@dataclass
class Record:
    """The status stream as it has been read so far."""

    last: str = ""
    #: All that was said, for those who follow each job through it.
    messages: list[StatusMessage] = field(default_factory=list)
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

    #: Until when, in milliseconds, a job may begin.
    _good_until: dict[str, int] = field(default_factory=dict)
    #: How jobs that have ended stood when they were first seen so.
    _ended: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _switch: SwitchOnRecord = field(default_factory=SwitchOnRecord)
    _requesters: dict[str, str] = field(default_factory=dict)
    #: Which job gave way to which.
    _gave_way: dict[str, str] = field(default_factory=dict)
    #: Which job began for what was signed.
    _began_for: dict[str, str] = field(default_factory=dict)

    def take(self, now: Snapshot, window: tuple[int, int]) -> Iterator[str]:
        """Read on; `window` is the breaker's: at most so many begin within so many milliseconds."""
        for record in now.records:
            self.last = record["id"]
            self.messages.append(parse_message(self.last, {**record}))
            yield from self._one(record, window)
        if now.sequence != self.sequence:
            yield f"the sequence is {now.sequence}, the last record {self.sequence}"
        running = self._switch.running
        if (now.switch == "running") != running:
            yield f"the switch is {now.switch or 'absent'}, and on record as {'running' if running else 'paused'}"
        for job_id, job in now.jobs.items():
            if int(job["begun"]) != self.begun[job_id]:
                yield f"{job_id} has begun {job['begun']} times, {self.begun[job_id]} are on record"
            nonce = json.loads(job.get("payload") or "{}").get("nonce")
            if nonce and int(job["begun"]) and self._began_for.setdefault(nonce, job_id) != job_id:
                yield f"{job_id} began for what {self._began_for[nonce]} had begun for"
            if job["state"] == "settled":
                stands = tuple(str(job[name]) for name in _STANDING)
                if self._ended.setdefault(job_id, stands) != stands:
                    yield f"{job_id} had ended as {self._ended[job_id]}, and is now {stands}"

    def _one(self, record: Mapping[str, str], window: tuple[int, int]) -> Iterator[str]:
        number, job_id, epoch = int(record["n"]), record["job"], int(record["epoch"])
        data = json.loads(record["data"])
        before = self.sequence
        if number == Number.LEDGER_SET_BACK:  # the numbers go on behind those that others remember
            before = max(before, int(data["known"]))
        if int(record["seq"]) != before + 1:
            yield f"record {record['seq']} follows record {before}"
        self.sequence = int(record["seq"])
        yield from self._switch.take(record, number, data, self._requesters)
        if not job_id:
            return
        if job_id in self.ends:
            yield f"record {self.sequence} ({number}) of {job_id} comes after its end"
        if epoch < self._epoch[job_id]:
            yield f"{job_id} goes back from epoch {self._epoch[job_id]} to {epoch}"
        self._epoch[job_id] = epoch
        if number == Number.JOB_CLAIMED:
            if (job_id, epoch) in self._claimed:
                yield f"{job_id} was claimed twice in epoch {epoch}"
            self._claimed.add((job_id, epoch))
        yield from self._of_job(record, number, job_id, data, window)

    def _of_job(
        self, record: Mapping[str, str], number: int, job_id: str, data: Mapping[str, Any], window: tuple[int, int]
    ) -> Iterator[str]:
        at = int(record["at"])
        if number == Number.JOB_QUEUED:
            self.queued.add(job_id)
            self._requesters[job_id] = str(data.get("requester", ""))
            yield from self._takes_a_place(job_id)
            if data.get("valid_until"):
                self._good_until[job_id] = int(data["valid_until"])
        elif number == Number.JOB_RELEASED and data.get("held_for") in {reason.value for reason in BRAKES}:
            self._granted.add(job_id)
        elif number == Number.ISSUING:
            self.begun[job_id] += 1
            if data.get("purpose") == "issue":
                yield from self._may_begin(job_id, at)
                yield from self._token(job_id, at, window)
        elif number == Number.JOB_CANCELLED and data.get("superseded_by"):
            self._gave_way[data["superseded_by"]] = job_id
            if self.begun[job_id]:
                yield f"{job_id} had begun, and gave way to {data['superseded_by']}"
        elif number == Number.JOB_EXPIRED:
            yield from self._may_expire(job_id, at)
        if record["state"] == "settled":
            self.ends[job_id] = number

    def _takes_a_place(self, job_id: str) -> Iterator[str]:
        """What is held gives way in the call that puts the other one in, right before it."""
        before, requester = self._gave_way.get(job_id, ""), self._requesters[job_id]
        if before and self._requesters.get(before) == requester:
            yield f"{before} of {requester} gave way to {job_id} of {requester}"

    def _may_begin(self, job_id: str, at: int) -> Iterator[str]:
        if not self._switch.running:
            yield f"{job_id} began while the kill switch was on"
        if at >= self._good_until.get(job_id, at + 1):
            yield f"{job_id} began {at - self._good_until[job_id]} ms after it had expired"

    def _may_expire(self, job_id: str, at: int) -> Iterator[str]:
        if at < self._good_until.get(job_id, at + 1):
            yield f"{job_id} expired before its time"
        if self.begun[job_id]:
            yield f"{job_id} had begun, and ended as expired"

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
