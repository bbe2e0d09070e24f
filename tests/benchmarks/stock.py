"""A stock Celery app with a task that does nothing, as the reference: `python -m tests.benchmarks.stock`.

Same pool, same flags and same events as our workers. Each run of the task appends one byte to a file, so that the
end of a round can be seen without asking Redis.
"""

import os

from celery import Celery

QUEUE = "stock"
TASK = "stock.noop"


#: Of its worker: as few as ours has.
FLAGS = ["worker", "--pool=prefork", "--concurrency=2", "--without-gossip", "--without-mingle", "--loglevel=ERROR"]


def make_app(broker_url: str, *, queue: str = QUEUE) -> Celery:
    """The app, for the producer and for the worker."""
    app = Celery("stock", broker=broker_url)
    app.conf.update(
        task_default_queue=queue,
        task_ignore_result=True,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_send_task_events=True,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"priority_steps": [0], "socket_timeout": 10},
    )

    @app.task(name=TASK)
    def noop(_job: str) -> None:
        descriptor = os.open(os.environ["STOCK_DONE_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, b".")
        os.close(descriptor)

    return app


if __name__ == "__main__":
    make_app(os.environ["EXCONN_BROKER_URL"]).worker_main(FLAGS)
