"""Which queues a running worker hears: added and dropped in-process as connectors come and go."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import bootsteps
from kombu import Exchange, Queue
from kombu.asynchronous import Hub

from exconn.process.presence import BEAT_EVERY

#: How soon a new connector is heard.
LOOK_EVERY = timedelta(seconds=2)


def listening_step(
    queues: Callable[[], frozenset[str] | None],
    beat: Callable[[], None],
    prove: Callable[[], None],
    every: timedelta = BEAT_EVERY,
) -> type[bootsteps.StartStopStep]:
    """A step of Celery's consumer that follows `queues()` and calls `beat()` and `prove()` at that pace.

    At the start it only beats: a worker that is told to stop at once has nothing in its hands.

    All run in the worker's event loop: a thread beside it would be forked in the middle of something.
    """

    class Listening(bootsteps.StartStopStep):
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, consumer: Any) -> None:
            beat()
            follow(consumer, queues())

        def register_with_event_loop(self, consumer: Any, hub: Hub) -> None:
            hub.call_repeatedly(LOOK_EVERY.total_seconds(), lambda: follow(consumer, queues()))
            hub.call_repeatedly(every.total_seconds(), beat)
            hub.call_repeatedly(every.total_seconds(), prove)

    return Listening


def follow(consumer: Any, wanted: frozenset[str] | None) -> None:
    """Make `consumer` hear exactly the `wanted` queues; None leaves them as they are."""
    if wanted is None or consumer.task_consumer is None:
        return
    heard = set(consumer.app.amqp.queues.consume_from)
    for name in sorted(wanted - heard):
        # On the default exchange: no binding is kept in Redis, and a doorbell is a single LPUSH.
        consumer.app.amqp.queues.select_add(Queue(name, Exchange(""), routing_key=name))
        consumer.add_task_queue(name)
    for name in sorted(heard - wanted):
        consumer.cancel_task_queue(name)
