"""A real worker process whose echo jobs do what their text says.

`python -m tests.support.system.echo_worker [service]`.

`slow:SECONDS` works that long (with the lease kept), `fail` raises, `hold` waits for a person, `begin` passes the
point of no return and settles, anything else settles.
`ECHO_BEAT` is the time between two of its heartbeats in seconds. At SIGUSR1 it stops hearing its queues, and lives on.
"""

import os
import signal
import sys
import time
from datetime import timedelta
from typing import Any

from celery import signals

from exconn.contracts import HoldReason, Kind, Service
from exconn.contracts.work import Echo
from exconn.doorbell import Decision, Handlers, Hold, Running, Settle, WorkerSettings, run_worker
from exconn.ledger import Outcome
from exconn.logs import get_logger
from exconn.process.presence import BEAT_EVERY
from exconn.settings import load


def echo(running: Running) -> Decision:
    """Do what the text says."""
    text = running.work.text if isinstance(running.work, Echo) else ""
    if text.startswith("slow:"):
        time.sleep(float(text.removeprefix("slow:")))
    elif text == "fail":
        raise KeyError("somebody@example.test")
    elif text == "begin":
        running.begin({}, phase="")
    elif text == "hold":
        return Hold(HoldReason.SECOND_PERSON)
    return Settle(Outcome.SUCCEEDED, data={"length": len(text)})


def handlers() -> Handlers:
    get_logger(__name__).info("handlers made", pid=os.getpid())
    return {Kind.ECHO: echo}


def stop_hearing_when_told(sender: Any, **_: object) -> None:
    """What a broken reconnect leaves: an event loop that runs, and queues that are on nobody's list any more."""
    signal.signal(signal.SIGUSR1, lambda *_: sender.task_consumer.cancel())


def main() -> int:
    service = Service(sys.argv[1]) if len(sys.argv) > 1 else Service.DISCOVERY
    seconds = os.environ.get("ECHO_BEAT")
    beat_every = timedelta(seconds=float(seconds)) if seconds else BEAT_EVERY
    signals.worker_ready.connect(stop_hearing_when_told, weak=False)
    return run_worker(service, settings=load(WorkerSettings), handlers=handlers, beat_every=beat_every)


if __name__ == "__main__":
    sys.exit(main())
