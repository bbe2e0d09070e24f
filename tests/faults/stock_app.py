"""A Celery app with a task that wipes, as most people would write it: with its own transport or with another one."""

import os
from collections.abc import Callable

from celery import Celery

TASK = "stock.wipe"


def make_app(broker_url: str, wipe: Callable[[str], None]) -> Celery:
    """The app, for its producer and for its worker; the environment says how it acknowledges."""
    app = Celery("stock", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_acks_late=bool(os.environ.get("STOCK_LATE")),
        task_reject_on_worker_lost=bool(os.environ.get("STOCK_LATE")),
        broker_transport_options={"visibility_timeout": int(os.environ.get("STOCK_VISIBILITY", "3600"))},
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=False,
    )
    app.task(name=TASK)(wipe)
    return app


def work(app: Celery) -> None:
    """Run a worker, which hears the queues that the environment names."""
    chosen = [f"--queues={os.environ['STOCK_QUEUES']}", f"--concurrency={os.environ['STOCK_CONCURRENCY']}"]
    app.worker_main(["worker", *chosen, "--pool=threads", "--loglevel=INFO", "--without-mingle", "--without-gossip"])
