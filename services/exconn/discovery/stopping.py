"""The end of a worker's process: what it holds in Exchange is given back.

A shell that is left behind counts against the account's quota until Exchange finds it idle, and its seat is taken
until it runs out.
"""

import atexit
from collections.abc import Callable

from celery import signals


def at_process_end(close: Callable[[], None]) -> None:
    """Call `close` when this process ends in an orderly way, whether it is a child of the pool or the worker itself."""

    def ending(**_: object) -> None:
        close()

    # Children of the pool leave without running what is registered with atexit.
    signals.worker_process_shutdown.connect(ending, weak=False)
    atexit.register(close)
