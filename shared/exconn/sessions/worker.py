"""The process of a worker that talks to Exchange: settings, the loop, and giving everything back at its end."""

import atexit
from collections.abc import Callable

from celery import signals

from exconn.contracts import Service
from exconn.doorbell import Handlers, WorkerSettings, run_worker
from exconn.process.start import start_or_refuse
from exconn.sessions.permitted import ExchangeSettings
from exconn.settings import Settings, load


def run_exchange_worker(service: Service, handlers: Callable[[], Handlers], *needed: type[Settings]) -> int:
    """Run a worker until it is told to stop; the exit code. `needed` settings are looked at before anything starts."""

    def work() -> int:
        settings = load(WorkerSettings)
        bounds = load(ExchangeSettings)
        for each in needed:
            load(each)
        return run_worker(service, settings=settings, handlers=handlers, unset=bounds.unset)

    return start_or_refuse(service.value, work)


def at_process_end(close: Callable[[], None]) -> None:
    """Call `close` when this process ends in an orderly way, whether it is a child of the pool or the worker itself.

    A session that is left behind counts against the account's quota until Exchange finds it idle, and its seat is taken
    until it runs out.
    """

    def ending(**_: object) -> None:
        close()

    # Children of the pool leave without running what is registered with atexit.
    signals.worker_process_shutdown.connect(ending, weak=False)
    atexit.register(close)
