"""The Celery side of intake: the task `exconn.requests.submit` on the queue `exconn.requests`.

The task's one argument is the envelope as JSON text. The answer is written where its requester finds it; an envelope
whose signature is not good gets no answer, because nobody knows whom it is from. Safe to run twice: the same bytes
are the same request.
"""

from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from exconn.contracts import CANARY_TASK, REQUESTS_QUEUE, SUBMIT_TASK
from exconn.doorbell import create_app, request_guard
from exconn.doorbell.celery_worker import name_of, run_celery
from exconn.doorbell.heard_queues import listening_step
from exconn.intake.queue_health import QueueHealth
from exconn.intake.receive import Receiver
from exconn.process.canary import Canaries

STOP_WITHIN = timedelta(seconds=10)


def celery_app(
    receiver: Receiver,
    *,
    broker_url: str,
    canaries: Canaries,
    queue_health: QueueHealth,
    beat: Callable[[], None],
    beat_every: timedelta,
) -> Celery:
    """A Celery app that hears requests and its own canaries; what is neither becomes a dead letter."""
    guard = request_guard(receiver.context.client)
    app = create_app("intake", broker_url=broker_url, guard=guard)

    def submit(envelope: str) -> str:
        return receiver.receive(envelope, way="celery").status

    def sign_of_life() -> None:
        beat()
        guard.letters.deliver()

    # Not shared: Celery would otherwise give it to every other app of this process.
    app.task(name=SUBMIT_TASK, shared=False)(submit)
    app.task(name=CANARY_TASK, shared=False, send_events=False)(queue_health.hear)
    queues = frozenset({REQUESTS_QUEUE, canaries.queue})
    app.steps["consumer"].add(listening_step(lambda: queues, sign_of_life, canaries.send, beat_every))
    return app


def listen(app: Celery) -> int:
    """Hear requests in this thread until the process is told to stop; the exit code.

    Solo: admitting a request takes milliseconds, and threads of the HTTP server run beside it.
    """
    return run_celery(app, name_of("intake"), pool="solo", concurrency=1, stop_within=STOP_WITHIN)
