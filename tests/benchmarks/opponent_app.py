"""A stock Celery app over the transport of celery-redis-plus, in an environment of its own.

`python -m tests.benchmarks.opponent_app produce` publishes as many tasks as each line of its input says, and answers
with how many that were in a second; `… work` runs them.
"""

import os
import sys
import time

from celery import Celery

from tests.benchmarks.stock import FLAGS, TASK, make_app
from tests.support.opponent.transport import opponent_broker


def main(role: str) -> None:
    """Produce or work, at the server that `EXCONN_BROKER_URL` names."""
    app = make_app(opponent_broker(os.environ["EXCONN_BROKER_URL"]), queue="opponent")
    if role == "produce":
        produce(app)
    else:
        app.worker_main(FLAGS)


def produce(app: Celery) -> None:
    """Publish as standard input says."""
    for line in sys.stdin:
        count = int(line)
        started = time.perf_counter()
        for _ in range(count):
            app.tasks[TASK].delay("x" * 900)
        print(count / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
