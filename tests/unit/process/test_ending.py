"""A process learns by a signal that it is to end."""

import signal
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from exconn.process.ending import Ending


@pytest.fixture
def ending() -> Iterator[Ending]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    made = Ending()
    made.listen()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_first_signal_ends_the_wait_and_decides_the_exit_code(ending: Ending, number: int, code: int) -> None:
    later = threading.Timer(0.05, signal.pthread_kill, [threading.main_thread().ident, number])
    later.start()

    assert ending.wait()
    signal.raise_signal(signal.SIGINT)

    assert ending.wait()
    assert ending.stop.is_set()
    assert ending.exit_code == code


def test_without_a_signal_the_wait_ends_in_time_and_the_process_goes_on(ending: Ending) -> None:
    assert not ending.wait(timedelta(milliseconds=10))
    assert not ending.stop.is_set()
