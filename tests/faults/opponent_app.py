"""The same task over the transport of celery-redis-plus, in an environment of its own.

`python -m tests.faults.opponent_app send` publishes a wipe for each line `QUEUE GUID` of its input, and answers with
the id of the task; `… work` runs them. Nothing of this project is installed there: each wipe is a program of ours.
"""

import os
import subprocess
import sys

from celery import Celery

from tests.faults.stock_app import TASK, make_app, work
from tests.support.opponent.transport import opponent_broker


def wipe(guid: str) -> None:
    """Have the device with that GUID wiped by the Python that has this project."""
    subprocess.run([os.environ["STOCK_WIPING_PYTHON"], "-m", "tests.faults.wipe", guid], check=True)


def send(app: Celery) -> None:
    """Publish as standard input says."""
    for line in sys.stdin:
        queue, guid = line.split()
        print(app.send_task(TASK, args=[guid], queue=queue).id, flush=True)


def main(role: str) -> None:
    """Send or work, at the server that `EXCONN_BROKER_URL` names."""
    app = make_app(opponent_broker(os.environ["EXCONN_BROKER_URL"]), wipe)
    if role == "send":
        send(app)
    else:
        work(app)


if __name__ == "__main__":
    main(sys.argv[1])
