"""A stock Celery worker that wipes devices: what most people would write, for the control of the campaigns."""

import os

from celery import Celery

from exconn.actions.look import identity_of
from exconn.exchange import Session
from exconn.keyspace import connect
from exconn.sessions import Sessions

app = Celery("stock", broker=os.environ.get("EXCONN_BROKER_URL", "memory://"), set_as_current=False)
app.conf.update(
    task_acks_late=bool(os.environ.get("STOCK_LATE")),
    task_reject_on_worker_lost=bool(os.environ.get("STOCK_LATE")),
    broker_transport_options={"visibility_timeout": int(os.environ.get("STOCK_VISIBILITY", "3600"))},
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)


@app.task(name="stock.wipe")
def wipe(guid: str) -> None:
    """Wipe the device with that GUID."""
    sessions = Sessions(connect(os.environ["EXCONN_LEDGER_URL"]))
    session = Session.open(sessions.endpoint(os.environ["STOCK_CONNECTOR"], "actions"))
    try:
        session.clear_device(identity_of(session, session.device(guid)))
    finally:
        session.close()


def main() -> None:
    """Run the worker."""
    concurrency = os.environ["STOCK_CONCURRENCY"]
    chosen = ["--queues=stock", f"--concurrency={concurrency}", "--pool=threads", "--loglevel=INFO"]
    app.worker_main(["worker", *chosen, "--without-mingle", "--without-gossip"])


if __name__ == "__main__":
    main()
