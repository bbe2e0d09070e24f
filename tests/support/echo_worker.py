"""A real worker process whose echo jobs do what their text says: `python -m tests.support.echo_worker [service]`.

`slow:SECONDS` works that long (with the lease kept), `fail` raises, `hold` waits for a person, anything else settles.
"""

import os
import sys
import time

from exconn.contracts import Kind, Service
from exconn.contracts.work import Echo
from exconn.doorbell import Decision, Handlers, Hold, Running, Settle, WorkerSettings, run_worker
from exconn.ledger import Outcome
from exconn.logs import get_logger
from exconn.settings import load


def echo(running: Running) -> Decision:
    """Do what the text says."""
    text = running.work.text if isinstance(running.work, Echo) else ""
    if text.startswith("slow:"):
        time.sleep(float(text.removeprefix("slow:")))
    elif text == "fail":
        raise KeyError("somebody@example.test")
    elif text == "hold":
        return Hold("asked to")
    return Settle(Outcome.SUCCEEDED, data={"length": len(text)})


def handlers() -> Handlers:
    get_logger(__name__).info("handlers made", pid=os.getpid())
    return {Kind.ECHO: echo}


def main() -> int:
    service = Service(sys.argv[1]) if len(sys.argv) > 1 else Service.DISCOVERY
    return run_worker(service, settings=load(WorkerSettings), handlers=handlers)


if __name__ == "__main__":
    sys.exit(main())
