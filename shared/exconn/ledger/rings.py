"""Doorbells that the ledger wants to be rung, and the room that their queues have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exconn.contracts import Kind, Service


@dataclass(frozen=True, kw_only=True)
class Ring:
    """A doorbell that wants ringing, with `head` before those that lie in its queue."""

    job_id: str
    kind: Kind | str
    #: The name of a Service; of a newer version it may be one that this version does not know.
    service: Service | str
    ring: int
    head: bool = False


@dataclass(frozen=True, kw_only=True)
class Room:
    """How many doorbells lie in a queue, and how many more it takes: of any job, and of actions that have not begun."""

    lying: int
    room: int
    urgent: int


def rings_of(found: Mapping[str, Any]) -> list[Ring]:
    """The doorbells in the answer of a script."""
    return [
        Ring(
            job_id=ring["job"],
            kind=ring["kind"],
            service=ring["service"],
            ring=int(ring["ring"]),
            head=ring.get("head", False),
        )
        for ring in found.get("rings") or []
    ]
