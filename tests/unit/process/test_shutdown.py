"""A process learns by a signal that it is to end."""

import signal
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from exconn.process.shutdown import Shutdown


@pytest.fixture
def shutdown() -> Iterator[Shutdown]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    made = Shutdown()
    made.listen()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_first_signal_ends_the_wait_and_decides_the_exit_code(shutdown: Shutdown, number: int, code: int) -> None:
    later = threading.Timer(0.05, signal.pthread_kill, [threading.main_thread().ident, number])
    later.start()

    assert shutdown.wait()
    signal.raise_signal(signal.SIGINT)

    assert shutdown.wait()
    assert shutdown.stop.is_set()
    assert shutdown.exit_code == code


def test_without_a_signal_the_wait_ends_in_time_and_the_process_goes_on(shutdown: Shutdown) -> None:
    assert not shutdown.wait(timedelta(milliseconds=10))
    assert not shutdown.stop.is_set()
