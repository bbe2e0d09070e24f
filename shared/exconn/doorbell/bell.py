"""Ringing: one push that tells the workers of a service to look at a job.

A bell that is not heard costs a few seconds: the reconciler rings again.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import redis

from exconn.contracts import Kind, Service, doorbell_bytes, queue_of
from exconn.ledger import NewJob, Ring

if TYPE_CHECKING:
    from redis import Redis

#: A first ring, by a caller that has no Ring of the ledger at hand.
FirstRing = tuple[str, Kind | str, Service]


class BellError(Exception):
    """A doorbell was not rung. Caller: log it and go on; the reconciler rings again."""

    def __init__(self, job_id: str, detail: str) -> None:
        self.job_id = job_id
        self.detail = detail
        super().__init__(f"the doorbell of {job_id} was not rung ({detail}); it is rung again within seconds")


class NewerRingError(BellError):
    """The job is of a kind or for a service that only a newer version knows. Caller: leave it to newer processes."""


class QueuesUnknownError(Exception):
    """The broker did not say how long its queues are. Caller: ring nothing now."""


class Bell:
    """Rings on the broker's queues. Threads may share it: it holds nothing but its client."""

    def __init__(self, broker: "Redis") -> None:
        self._broker = broker

    def ring(self, ring: Ring | FirstRing, connector: str) -> None:
        """Wake a worker for one job. Raises BellError."""
        self.ring_all([ring], connector)

    def ring_all(self, rings: Iterable[Ring | FirstRing], connector: str) -> None:
        """Wake workers for several jobs in one round trip.

        Raises NewerRingError when all but some were rung, else BellError; then some may have been rung.
        """
        messages: list[tuple[Ring, str, bytes]] = []
        newer: NewerRingError | None = None
        for ring in (ring if isinstance(ring, Ring) else _first(ring) for ring in rings):
            try:
                messages.append((ring, *_message(ring, connector)))
            except NewerRingError as exc:
                newer = exc
        if messages:
            self._push(messages)
        if newer is not None:
            raise newer

    def lying(self, services: Iterable[Service], connector: str) -> dict[Service, int]:
        """How many doorbells lie in each service's queue, in one round trip. Raises QueuesUnknownError."""
        asked = list(services)
        try:
            with self._broker.pipeline(transaction=False) as pipe:
                for service in asked:
                    pipe.llen(queue_of(service, connector))
                return {service: int(found) for service, found in zip(asked, pipe.execute(), strict=True)}
        except (redis.RedisError, OSError) as exc:
            raise QueuesUnknownError(str(exc) or type(exc).__name__) from exc

    def _push(self, messages: list[tuple[Ring, str, bytes]]) -> None:
        try:
            with self._broker.pipeline(transaction=False) as pipe:
                for ring, queue, message in messages:
                    if not ring.head:
                        pipe.lpush(queue, message)
                # What is pushed to the head last is heard first.
                for ring, queue, message in reversed(messages):
                    if ring.head:
                        pipe.rpush(queue, message)
                pipe.execute()
        except (redis.RedisError, OSError) as exc:
            raise BellError(messages[0][0].job_id, str(exc) or type(exc).__name__) from exc


def first_doorbell(job_id: str, new: NewJob) -> tuple[str, bytes]:
    """The queue of the first doorbell of a job that is being inserted, and its bytes."""
    message = doorbell_bytes(job_id, Kind(new.kind), service=new.service, connector=new.connector, ring=1)
    return queue_of(new.service, new.connector), message


def _first(ring: FirstRing) -> Ring:
    job_id, kind, service = ring
    return Ring(job_id=job_id, kind=kind, service=service, ring=1)


def _message(ring: Ring, connector: str) -> tuple[str, bytes]:
    """The queue of a doorbell, and its bytes."""
    try:
        kind, service = Kind(ring.kind), Service(ring.service)
    except ValueError as exc:
        raise NewerRingError(ring.job_id, f"{exc}, which a newer version knows: upgrade this service") from exc
    message = doorbell_bytes(ring.job_id, kind, service=service, connector=connector, ring=ring.ring)
    return queue_of(service, connector), message
