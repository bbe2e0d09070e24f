"""Writes status messages and pages of facts straight into the streams, in their documented form.

For tests of readers: the numbers are gapless, as the ledger makes them.
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import redis

from exconn.keyspace import keys
from exconn.stream import Number

_APPLIED = "2026-01-05T08:00:00Z"


class StreamWriter:
    """Appends records for one connector."""

    def __init__(self, client: redis.Redis, connector: str = "contoso") -> None:
        self._client = client
        self.connector = connector

    def register(self, **known: object) -> None:
        """Make the connector known, as `connector apply` does."""
        state = {"name": self.connector, "revision": 1, "state": "installed", "status_id": 1015, "applied_at": _APPLIED}
        self._client.hset(keys.CONNECTORS, self.connector, json.dumps(state | known))
        self._client.hset(keys.revisions(self.connector), mapping={"1": "{}", "newest": "1"})

    def message(
        self,
        number: Number | int,
        *,
        job: str = "",
        kind: str = "",
        state: str = "",
        phase: str = "",
        epoch: int = 0,
        by: str = "worker",
        at_ms: int | None = None,
        data: Mapping[str, object] | None = None,
    ) -> str:
        """Append one status message; returns its record id."""
        fields = {
            "v": "1",
            "seq": str(self._client.incr(keys.SEQUENCE)),
            "n": str(int(number)),
            "connector": self.connector,
            "at": str(at_ms or int(time.time() * 1000)),
            "by": by,
            "job": job,
            "kind": kind,
            "state": state,
            "phase": phase,
            "epoch": str(epoch),
            "data": json.dumps(dict(data or {})),
        }
        return self.raw_message(fields)

    def raw_message(self, fields: Mapping[str, str]) -> str:
        """Append any record to the status stream."""
        return str(self._client.xadd(keys.STATUS, dict(fields)))  # type: ignore[arg-type]

    def queued(self, job: str, kind: str, *, device: str | None = None, parent: str | None = None, **data: Any) -> str:
        """Append the first message of a job."""
        now_ms = int(time.time() * 1000)
        full = {"requester": "it-ops", "revision": 1, "service": "actions", "due": now_ms, "valid_until": None}
        full |= {"device": device, "parent": parent} | data
        return self.message(Number.JOB_QUEUED, job=job, kind=kind, state="queued", by="intake", data=full)

    def page(
        self, kind: str, facts: Sequence[Mapping[str, object]], *, sweep: int = 1, job: str = "sweep-aaaaaaaaaaaaaaaa"
    ) -> str:
        """Append one page of facts."""
        return self.raw_page(
            {
                "v": "1",
                "type": kind,
                "connector": self.connector,
                "sweep": str(sweep),
                "job": job,
                "at": str(int(time.time() * 1000)),
                "page": json.dumps(list(facts)),
            }
        )

    def raw_page(self, fields: Mapping[str, str]) -> str:
        """Append any record to the facts stream."""
        return str(self._client.xadd(keys.facts(self.connector), dict(fields)))  # type: ignore[arg-type]


def guid_of(number: int) -> str:
    """The directory object GUID of a numbered test device or mailbox."""
    return f"00000000-0000-4000-8000-{number:012x}"


def device_fact(number: int, **fields: object) -> dict[str, object]:
    """A device of a numbered user, as a page carries it."""
    return {
        "guid": guid_of(number),
        "name": f"user{number}_iPhone",
        "device_id": f"APPL{number:08d}",
        "device_type": "iPhone",
        "owner": guid_of(number + 1_000_000),
        "owner_name": f"User {number}",
        "friendly_name": "",
        "model": "iPhone15C2",
        "os": "iOS 19.1",
        "access_state": "Allowed",
        "first_sync": "2026-01-05T08:00:00Z",
    } | fields


def statistics_fact(number: int, **fields: object) -> dict[str, object]:
    """What the mailbox knows of a numbered device."""
    return {"guid": guid_of(number), "last_sync": "2026-11-20T09:30:00Z", "status": "DeviceOk"} | fields


def owner_fact(number: int, **fields: object) -> dict[str, object]:
    """The mailbox of a numbered device."""
    return {
        "guid": guid_of(number + 1_000_000),
        "name": f"User {number}",
        "address": f"user{number}@contoso.test",
    } | fields
