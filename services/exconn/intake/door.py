"""The Celery side of intake: the task `exconn.requests.submit` on the queue `exconn.requests`.

The task's one argument is the envelope as JSON text. The answer is written where its requester finds it; an envelope
whose signature is not good gets no answer, because nobody knows whom it is from. Safe to run twice: the same bytes
are the same request.
"""

from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from exconn.contracts import REQUESTS_QUEUE, SUBMIT_TASK
from exconn.doorbell import create_app
from exconn.doorbell.listening import listening_step
from exconn.doorbell.process import name_of, run_celery
from exconn.intake.reception import Reception
from exconn.logs import get_logger

STOP_WITHIN = timedelta(seconds=10)


def celery_app(reception: Reception, *, broker_url: str, beat: Callable[[], None]) -> Celery:
    """A Celery app that hears requests and nothing else."""
    app = create_app("intake", broker_url=broker_url)
    log = get_logger(__name__)

    def submit(*arguments: object, **named: object) -> str:
        envelope = arguments[0] if len(arguments) == 1 and not named else None
        if not isinstance(envelope, str):
            log.warning("request not accepted", way="celery", error="malformed", arguments=len(arguments) + len(named))
            return "malformed"
        return reception.receive(envelope, way="celery").status

    app.task(name=SUBMIT_TASK)(submit)
    app.steps["consumer"].add(listening_step(lambda: frozenset({REQUESTS_QUEUE}), beat))
    return app


def listen(app: Celery) -> int:
    """Hear requests in this thread until the process is told to stop; the exit code.

    Solo: admitting a request takes milliseconds, and threads of the HTTP server run beside it.
    """
    return run_celery(app, name_of("intake"), pool="solo", concurrency=1, stop_within=STOP_WITHIN)
