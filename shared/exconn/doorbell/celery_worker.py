"""The Celery worker inside a worker process: its stop signals, its name, its controls."""

import logging
import os
import signal
import socket
import threading
import warnings
from datetime import timedelta
from functools import partial
from types import FrameType
from typing import Any

from celery import Celery, signals
from celery.apps.worker import Worker
from celery.exceptions import SecurityWarning, WorkerTerminate
from celery.worker import state
from celery.worker.control import Panel

from exconn.logs import get_logger

#: Looking is allowed; what stops a worker, changes it, cancels a task by name or prints settings is not.
ALLOWED_CONTROLS = frozenset(
    {
        "active",
        "active_queues",
        "enable_events",
        "heartbeat",
        "ping",
        "registered",
        "reserved",
        "revoked",
        "scheduled",
        "stats",
    }
)
#: After the running jobs were given up, for taking leave of the broker.
CLEAN_UP_WITHIN = timedelta(seconds=3)


class DoorbellWorker(Worker):
    """A worker that finishes its running jobs when told to stop, but not for ever."""

    stop_within = timedelta(seconds=30)

    def install_platform_tweaks(self, worker: Any) -> None:
        """Stop signals only: no restart by SIGHUP, no remote debugger."""
        del worker  # Celery hands over what is `self` already
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGQUIT, self._give_up)
        signal.signal(signal.SIGALRM, self._give_up)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        state.should_stop = os.EX_OK  # type: ignore[assignment]  # the stubs know its initial None only
        signal.setitimer(signal.ITIMER_REAL, max(self.stop_within.total_seconds(), 0.001))

    def _give_up(self, _number: int, _frame: FrameType | None) -> None:
        get_logger(__name__).warning("stopped with jobs unfinished; other workers take them over")
        # Python itself would wait for a thread that does not return; children end with this process.
        watchdog = threading.Timer(CLEAN_UP_WITHIN.total_seconds(), os._exit, [os.EX_OK])
        watchdog.daemon = True
        watchdog.start()
        raise WorkerTerminate(os.EX_OK)


def name_of(service: str) -> str:
    """The worker's name in Flower and in the ledger: service, process and host."""
    return f"{service}.{os.getpid()}@{socket.gethostname()}"


def run_celery(app: Celery, name: str, *, pool: str, concurrency: int, stop_within: timedelta) -> int:
    """Run `app` in this process until it is told to stop; the exit code."""
    prune(app)
    _quieten()
    signals.setup_logging.connect(_leave_logging, weak=False)
    worker = DoorbellWorker(
        app=app,
        hostname=name,
        pool=pool,
        concurrency=1 if pool == "solo" else concurrency,
        # A doorbell goes to a child that is free, never behind one that is busy.
        optimization="fair",
        without_gossip=True,
        without_mingle=True,
        heartbeat_interval=5,
        quiet=True,
    )
    worker.stop_within = stop_within
    try:
        worker.start()
    except WorkerTerminate:  # it came while the worker was on its way out already
        worker.terminate()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return int(worker.exitcode or os.EX_OK)


def prune(app: Celery) -> None:
    """Take out of the worker what no doorbell needs: Celery's own tasks and the controls that change things."""
    app.finalize()
    for name in [name for name in app.tasks if name.startswith("celery.")]:
        app.tasks.unregister(name)
    for name in set(Panel.data) - ALLOWED_CONTROLS:
        Panel.data[name] = partial(_refuse, name)


def _refuse(command: str, _state: object, **_arguments: object) -> dict[str, str]:
    get_logger(__name__).warning("control command refused", command=command)
    return {"error": f"{command} is not allowed here: workers answer questions only"}


def _leave_logging(**_fields: object) -> None:
    """Being connected is enough: Celery then leaves logging as it is."""


def _quieten() -> None:
    """Two lines a job are the job task's own; Celery would add two more with the same content."""
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # A container's user is the image's business; doorbells are JSON, which is what the warning is about.
    warnings.filterwarnings("ignore", category=SecurityWarning)
