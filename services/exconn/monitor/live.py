"""What is read from the ledger at the moment of asking: connectors, kill switches, workers, dead letters, plans, signs.

The read model answers without it; these answers say `None` when the ledger is away.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import redis

from exconn.connector import ConnectorError, ConnectorStore, PendingChange, PendingChanges
from exconn.contracts import WORKERS
from exconn.keyspace import keys
from exconn.keyspace.ended_stream import is_at_the_end
from exconn.keyspace.written import object_or_none
from exconn.ledger import CHECKS, AccountTrouble, AccountTroubles, LedgerOutOfReachError
from exconn.ledger.refused_requests import RefusedLately, RefusedRequests
from exconn.monitor.answers.models import LooksView
from exconn.monitor.instant import from_ms
from exconn.monitor.projector.lease import holder_of
from exconn.process.heartbeat import Heartbeat, parse_heartbeat

T = TypeVar("T")

#: The windows of the breaker that are shown.
WINDOWS = {"20 minutes": timedelta(minutes=20), "24 hours": timedelta(hours=24)}
#: A process that has shown no sign of life for this long counts as gone.
ALIVE_WITHIN = timedelta(seconds=30)


#: No question to the ledger is about more jobs at a time.
_AT_A_TIME = 500
_MOST_LETTERS = 100
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class LiveWorker:
    """A process by its last sign of life."""

    service: str
    process: str
    seen: datetime
    alive: bool
    #: The settings of its bounds that it lacks.
    unset: tuple[str, ...] = ()


class LiveLedger:
    """Reads of the ledger that never change it. Each answers None (or nothing) when the server is away."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def connectors(self) -> dict[str, dict[str, Any]] | None:
        """What is believed of each connector; of one whose state cannot be read what stands in its place."""

        def read() -> dict[str, dict[str, Any]]:
            found = ConnectorStore(self._client).known()
            states = ((name, known.state) for name, known in sorted(found.items()))
            return {name: state.model_dump(mode="json") for name, state in states if state is not None}

        return self._try(read)

    def differing_states(self) -> Mapping[str, Sequence[str]]:
        """The connectors whose state says otherwise than what intake has pinned, and in which parts."""
        found = self._try(ConnectorStore(self._client).known) or {}
        return {name: known.differs for name, known in sorted(found.items()) if known.differs}

    def ended_streams(self, connectors: Collection[str]) -> Sequence[str]:
        """The streams that take no more records."""

        def read() -> list[str]:
            streams = [keys.STATUS, keys.DEAD_LETTERS, *map(keys.facts, connectors)]
            pipe = self._client.pipeline(transaction=False)
            for stream in streams:
                pipe.xinfo_stream(stream)
            # A stream without a record yet is an error.
            found = zip(streams, pipe.execute(raise_on_error=False), strict=True)
            return [
                name for name, known in found if isinstance(known, dict) and is_at_the_end(known["last-generated-id"])
            ]

        return self._try(read) or []

    def switch(self, connector: str) -> str | None:
        """The kill switch: running or paused."""
        return self._try(lambda: "running" if self._client.get(keys.switch(connector)) == "running" else "paused")

    def registry(self) -> dict[str, str]:
        """What the ledger knows of the registry of requesters: wider, refused, refused_at, each where there is one."""

        def read() -> dict[str, str]:
            fields = ("wider", "refused", "refused_at")
            found = cast("list[str | None]", self._client.hmget(keys.REGISTRY, fields))
            return {field: value for field, value in zip(fields, found, strict=True) if value}

        return self._try(read) or {}

    def changes(self) -> list[PendingChange] | None:
        """The changes that wait for a second requester."""
        return self._try(PendingChanges(self._client).all)

    def paused_by(self, connector: str) -> tuple[str, datetime] | None:
        """Who turned the kill switch on first since it last let jobs through, and when."""

        def read() -> tuple[str, datetime] | None:
            first, since = cast("list[str | None]", self._client.hmget(keys.paused_by(connector), ("first", "since")))
            return (first, from_ms(int(since))) if first and since else None

        return self._try(read)

    def workers(self) -> list[LiveWorker] | None:
        """Every process that has shown a sign of life."""

        def read() -> list[LiveWorker]:
            now = self._now()
            found = cast("dict[str, str]", self._client.hgetall(keys.HEARTBEATS))
            beats = [(field, parse_heartbeat(text)) for field, text in sorted(found.items())]
            return [_worker(field, beat, now) for field, beat in beats if beat is not None]

        return self._try(read)

    def breaker(self, connector: str) -> dict[str, dict[str, int]] | None:
        """How many actions passed the breaker lately: check -> window -> count."""

        def read() -> dict[str, dict[str, int]]:
            now = self._now()
            organization = str((self.connectors() or {}).get(connector, {}).get("organization") or connector)
            return {
                check.value: {
                    name: self._tokens_since(keys.brake(organization, check.value), now - window)
                    for name, window in WINDOWS.items()
                }
                for check, row in CHECKS.items()
                if row.breaker
            }

        return self._try(read)

    def due_times(self, connector: str, jobs: Collection[str]) -> dict[str, datetime] | None:
        """When these jobs want attention; those that want none are left out."""

        def read() -> dict[str, datetime]:
            names = list(jobs)
            found: dict[str, datetime] = {}
            for start in range(0, len(names), _AT_A_TIME):
                some = names[start : start + _AT_A_TIME]
                for service in WORKERS:
                    scores = self._client.zmscore(keys.due(service, connector), some)
                    found |= {job: from_ms(int(score)) for job, score in zip(some, scores, strict=True) if score}
            return found

        return self._try(read)

    def looks(self, job: str) -> LooksView | None:
        """The looks of a job; None also when the ledger does not have it any more."""

        def read() -> LooksView | None:
            fields = ("state", "looks", "looked", "due")
            state, count, last, due = cast("list[str | None]", self._client.hmget(keys.job(job), fields))
            waits = state in ("queued", "waiting", "held")
            if not state:
                return None
            return LooksView(count=int(count or 0), last=_moment(last), next=_moment(due) if waits else None)

        return self._try(read)

    def requests(self, jobs: Collection[str]) -> dict[str, str]:
        """The signed requests behind these actions, in base64: of those of which the ledger has one."""

        def read() -> dict[str, str]:
            with self._client.pipeline(transaction=False) as pipe:
                for job in jobs:
                    pipe.hmget(keys.job(job), "payload")
                found = [_request(payload or "") for (payload,) in pipe.execute()]
            return {job: request for job, request in zip(jobs, found, strict=True) if request}

        return self._try(read) or {}

    def dead_letters(self, limit: int) -> list[tuple[str, dict[str, str]]] | None:
        """The newest messages that no worker could read."""
        return self._try(
            lambda: cast("list[tuple[str, dict[str, str]]]", self._client.xrevrange(keys.DEAD_LETTERS, count=limit))
        )

    def letters_since(self, moment: datetime) -> list[datetime]:
        """When the dead letters since `moment` came, the oldest first; some hundred at most."""

        def read() -> list[datetime]:
            first = str(int(moment.timestamp() * 1000))
            found = cast(
                "list[tuple[str, object]]", self._client.xrange(keys.DEAD_LETTERS, min=first, count=_MOST_LETTERS)
            )
            now = self._now()
            return [_written_at(record, now) for record, _ in found]

        return self._try(read) or []

    def used_memory(self) -> float | None:
        """Which part of its memory the server uses; None where it has no limit, or is away."""

        def read() -> float | None:
            found = cast("dict[str, int]", self._client.info("memory"))
            most = int(found.get("maxmemory", 0))
            return int(found["used_memory"]) / most if most else None

        return self._try(read)

    def refused_requests(self) -> RefusedLately | None:
        """How many requests without a good signature came lately."""
        return self._try(RefusedRequests(self._client).lately)

    def refused_counts(self) -> Mapping[str, int]:
        """How many requests were refused, by fault."""
        return self._try(RefusedRequests(self._client).counts) or {}

    def newest_refused(self, limit: int) -> list[dict[str, Any]] | None:
        """The newest requests without a good signature."""
        return self._try(lambda: RefusedRequests(self._client).newest(limit))

    def proof_ages(self, workers: Sequence[LiveWorker]) -> list[timedelta | None]:
        """How long ago a doorbell last came through to each process; None: not that anybody knows."""

        def read() -> list[timedelta | None]:
            asked = self._client.pipeline(transaction=False)
            for worker in workers:
                asked.pttl(keys.canary(f"{worker.service}/{worker.process}"))
            left = cast("list[int]", asked.execute())
            return [keys.PROOF_KEPT - timedelta(milliseconds=each) if each > 0 else None for each in left]

        return self._try(read) or []

    def troubles(self, connector: str) -> list[AccountTrouble]:
        """What keeps the accounts of a connector, their rights or its connection from working."""
        try:
            return AccountTroubles(self._client).present(connector)
        except LedgerOutOfReachError:
            return []

    def has_unreadable_troubles(self, connector: str) -> bool:
        """Whether there is something among them that nobody can read."""
        try:
            return AccountTroubles(self._client).has_unreadable(connector)
        except LedgerOutOfReachError:
            return False

    def full_every(self, connector: str) -> timedelta:
        """The time between full discoveries by the connector's definition; a day where nobody knows."""

        def read() -> timedelta | None:
            try:
                return ConnectorStore(self._client).definition(connector).discovery.full_every
            except (ConnectorError, ValueError):
                return None

        return self._try(read) or _A_DAY

    def plan(self, connector: str, plan_id: str) -> dict[str, Any] | None:
        """A policy plan as it is stored, or None when it has run out."""

        def read() -> dict[str, Any] | None:
            raw = cast("str | None", self._client.get(keys.plan(connector, plan_id)))
            return _object(raw) if raw else None

        return self._try(read)

    def projector(self, position: str) -> tuple[str, timedelta] | None:
        """Who projects (empty: nobody), and how long the oldest message behind `position` has waited."""

        def read() -> tuple[str, timedelta]:
            found = cast("list[tuple[str, object]]", self._client.xrange(keys.STATUS, min=f"({position}", count=1))
            now = self._now()
            waited = now - _written_at(found[0][0], now) if found else timedelta(0)
            return holder_of(self._client) or "", waited

        return self._try(read)

    def reachable(self) -> bool:
        """Whether the ledger answers."""
        return bool(self._try(self._client.ping))

    def now(self) -> datetime:
        """The time of the ledger, by which jobs are due; of this machine while the server is away."""
        return self._try(self._now) or datetime.now(UTC)

    def _now(self) -> datetime:
        seconds, microseconds = self._client.time()
        return from_ms(seconds * 1000 + microseconds // 1000)

    def _tokens_since(self, key: str, moment: datetime) -> int:
        return int(self._client.zcount(key, int(moment.timestamp() * 1000), "+inf"))

    def _try(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except redis.RedisError:
            return None


def _worker(field: str, beat: Heartbeat, now: datetime) -> LiveWorker:
    service, _, process = field.replace(":", "/", 1).partition("/") if "/" not in field else field.partition("/")
    last = from_ms(beat.at_ms)
    return LiveWorker(service, process, last, now - last < ALIVE_WITHIN, beat.unset)


def _written_at(record: str, now: datetime) -> datetime:
    """When a record was written, by its id; what has an id of later was written by whom it pleased, now."""
    return from_ms(min(int(record.partition("-")[0]), int(now.timestamp() * 1000)))


def _moment(milliseconds: str | None) -> datetime | None:
    return from_ms(int(milliseconds)) if milliseconds else None


def _object(raw: str) -> dict[str, Any]:
    return object_or_none(raw) or {}


def _request(payload: str) -> str:
    """What was signed, in the payload of an action."""
    request = _object(str(_object(payload).get("envelope") or "")).get("request")
    return request if isinstance(request, str) else ""
