"""The stage of the ledger's rules: a ledger on a real server, and short words for bringing a job somewhere."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import redis

from exconn.contracts import Checks, Kind, Service
from exconn.keyspace import keys
from exconn.ledger import Claim, Job, Lease, Ledger, Limits, NewJob, State
from exconn.stream import StatusMessage
from tests.support.jobs.new_wipes import OPEN_BRAKES, new_wipe
from tests.support.machine.processes import wait_until
from tests.support.streams.records import messages_of

SOON = timedelta(seconds=5)
#: Long enough for no slow machine to lose it by accident.
LONG_LEASE = timedelta(minutes=5)
#: Over as soon as it is looked at.
HASTY = timedelta(milliseconds=1)
AN_HOUR = timedelta(hours=1)
CONNECTOR = "hq"


def a_wipe(key: str, **changes: Any) -> NewJob:
    """A wipe of the desk under the idempotency key `key`, with brakes wide open."""
    wipe = new_wipe(CONNECTOR, key, requester="desk", by="intake")
    return replace(wipe, **changes)


class Scene:
    """A ledger whose leases last, and ways to see what it keeps."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.ledger = Ledger(client, lease=LONG_LEASE)
        self.hasty = Ledger(client, lease=HASTY)
        self._keys = 0

    def insert(self, **changes: Any) -> str:
        """The id of a new wipe, under a key of its own."""
        self._keys += 1
        return self.ledger.insert(a_wipe(f"key-{self._keys}", **changes)).job_id

    def claim(self, job_id: str, worker: str = "one") -> Lease:
        """The lease of a job that surely is to be had."""
        found = self.ledger.claim(job_id, worker)
        if found is None:
            raise AssertionError(f"{job_id} was not to be had: {self.fields(job_id)}")
        return found.lease

    def inserted_and_claimed(self, **changes: Any) -> Lease:
        return self.claim(self.insert(**changes))

    def a_sweep(self) -> Lease:
        """A sweep that has begun its list."""
        lease = self.inserted_and_claimed(kind=Kind.SWEEP, service=Service.DISCOVERY, checks=Checks.NONE, phase="")
        self.ledger.restart_list(lease)
        return lease

    def let_in(self, *, limits: Limits, **changes: Any) -> Lease:
        """A wipe under `limits` that a worker has, whatever insert would have said: windows slide while a job waits."""
        lease = self.inserted_and_claimed(limits=OPEN_BRAKES, **changes)
        self.client.hset(keys.job(lease.job_id), "limits", limits.encoded())
        return lease

    def paused(self, connector: str = CONNECTOR) -> str:
        """The id of a new wipe that the kill switch stopped; it is on from then."""
        self.ledger.pause(connector, by="boss")
        job_id = self.insert(connector=connector)
        if self.ledger.claim(job_id, "one") is not None:
            raise AssertionError(f"{job_id} was to be had while the kill switch was on")
        return job_id

    def crash(self, job_id: str, worker: str = "doomed") -> Claim | None:
        """A worker takes the job and is never heard of again; its lease is over on return."""
        claim = self.hasty.claim(job_id, worker)
        if claim is not None:
            self.wait_past(job_id)
        return claim

    def wait_past(self, job_id: str) -> None:
        """Return when the server's clock has passed the time at which the job is due, or its lease ends."""
        due = self.job(job_id).due
        if due is not None:
            wait_until(lambda: self.ledger.time() > due + timedelta(milliseconds=1), SOON, f"{job_id} to be due")

    def job(self, job_id: str) -> Job:
        found = self.ledger.job(job_id)
        if found is None:
            raise AssertionError(f"{job_id} is unknown")
        return found

    def state(self, job_id: str) -> State:
        return self.job(job_id).state

    def fields(self, job_id: str) -> Mapping[str, str]:
        """The job's hash, as it is."""
        return cast("Mapping[str, str]", self.client.hgetall(keys.job(job_id)))

    def messages(self, job_id: str | None = None) -> list[StatusMessage]:
        """The status stream from its beginning; of one job when named."""
        found = messages_of(self.client)
        return [message for message in found if job_id in (None, message.job)]

    def resume(self, connector: str = CONNECTOR) -> None:
        """By who turns it on in these tests."""
        self.ledger.resume(connector, by="boss")

    def everything(self, *, but: str = "") -> dict[str, object]:
        """All keys and values of the server, except keys that contain `but`."""
        names = sorted(name for name in self.client.scan_iter(count=1000) if not but or but not in name)
        return {name: self._value(name) for name in names}

    def _value(self, name: str) -> object:
        kind = self.client.type(name)
        if kind == "hash":
            return self.client.hgetall(name)
        if kind == "set":
            return self.client.smembers(name)
        if kind == "zset":
            return self.client.zrange(name, 0, -1, withscores=True)
        if kind == "stream":
            return self.client.xrange(name)
        return self.client.get(name)
