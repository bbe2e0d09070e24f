"""The Redis transport of Celery with a guard at the door.

A stock worker ends, or reconnects for ever, on messages that fail before any task is looked up. Here every popped
message is checked first: what is not clean becomes a dead letter, and is out of the queue like any other.
"""

import itertools
from typing import Any

import redis
from kombu import transport as kombu_transports
from kombu.transport import redis as stock

from exconn.contracts import CANARY_TASK, KINDS, SUBMIT_TASK, Kind, Service
from exconn.doorbell.dead_letters import DeadLetters
from exconn.doorbell.message_check import Poison, Reason, Shape, admitted, doorbells, texts
from exconn.logs import get_logger

#: The largest envelope of a request, quoted as JSON in JSON and then in base64.
MAX_REQUEST = 192 * 1024

_numbers = itertools.count(1)


class Guard:
    """Decides on each popped message. `letters.deliver()` wants to be called now and then."""

    def __init__(self, shape: Shape, letters: DeadLetters) -> None:
        self._shape = shape
        self.letters = letters

    def admit(self, raw: bytes, queue: str) -> bytes | None:
        """The clean message, or None when it has become a dead letter."""
        try:
            return admitted(raw, queue, self._shape)
        except Poison as exc:
            self.letters.put(queue, exc.reason, raw)
        except Exception as exc:  # noqa: BLE001  (a message must never stop the worker, whatever we overlooked)
            get_logger(__name__).error("guard failed", error=type(exc).__name__)
            self.letters.put(queue, Reason.NOT_A_MESSAGE, raw)
        return None


def doorbell_guard(service: Service, client: "redis.Redis") -> Guard:
    """The guard of a worker: doorbells for the kinds of `service`, echo, and canaries."""
    return Guard(doorbells(tasks_of(service) | {CANARY_TASK}), DeadLetters(client, service.value))


def request_guard(client: "redis.Redis") -> Guard:
    """The guard of the queue of requests: one positional argument, the envelope as JSON text; and canaries."""
    return Guard(texts(SUBMIT_TASK, CANARY_TASK, largest=MAX_REQUEST), DeadLetters(client, Service.INTAKE.value))


def tasks_of(service: Service) -> frozenset[str]:
    """The task names that workers of `service` answer to: its kinds', and echo."""
    return frozenset(row.task for row in KINDS.values() if row.service is service) | {KINDS[Kind.ECHO].task}


def register_guarded(service: str, guard: Guard) -> str:
    """Make a transport whose messages pass `guard`; the name by which Celery finds it."""
    client = type("GuardedClient", (_GuardedClient,), {"guard": guard})
    channel = type("GuardedChannel", (_GuardedChannel,), {"guarded_client": client})
    transport = type("GuardedTransport", (stock.Transport,), {"Channel": channel})
    name = f"exconn-{service}-{next(_numbers)}"
    aliases: dict[str, Any] = kombu_transports.TRANSPORT_ALIASES  # its stubs know only names of classes
    aliases[name] = lambda: transport
    return name


class _GuardedClient(redis.Redis):
    """Looks at the reply of BRPOP, the only way in which messages arrive."""

    guard: Guard

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        reply = super().parse_response(connection, command_name, **options)  # type: ignore[no-untyped-call]
        if command_name != "BRPOP" or not reply:
            return reply
        queue, raw = reply
        clean = self.guard.admit(raw, queue.decode("utf-8", "replace"))
        return None if clean is None else (queue, clean)


class _GuardedChannel(stock.Channel):
    guarded_client: type[_GuardedClient]

    def _get_client(self) -> type[_GuardedClient]:
        return self.guarded_client

    def _deliver_fanout_message(self, message: Any, exchange: str) -> bool:
        """Control messages have no queue to stay in: one that cannot be read is only logged."""
        try:
            super()._deliver_fanout_message(message, exchange)  # type: ignore[misc]  # missing in the stubs
        except stock.Transport.connection_errors:
            raise
        except Exception as exc:  # noqa: BLE001  (a message must never stop the worker)
            get_logger(__name__).warning("control message not understood", error=type(exc).__name__)
        return True
