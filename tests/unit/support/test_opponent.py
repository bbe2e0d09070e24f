"""The opponent runs on the Python that it needs, or says how to get one; its producer answers line by line."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.opponent.environment import NoPythonForOpponentError, opponent_python
from tests.support.opponent.producer import Producer

ECHO = """
import sys
for line in sys.stdin:
    if line == "stop\\n":
        break
    print("done", line.strip(), flush=True)
"""


def nothing(_name: str) -> None:
    """No program of that name."""


@pytest.mark.parametrize("version", [(3, 13), (3, 14)])
def test_it_runs_on_the_python_of_the_run_when_that_is_new_enough(version: tuple[int, int]) -> None:
    assert opponent_python(version, nothing) == sys.executable


def test_it_runs_on_a_newer_python_of_the_machine_when_the_run_has_an_older_one() -> None:
    assert opponent_python((3, 12), lambda name: f"/opt/bin/{name}") == "/opt/bin/python3.13"


def test_it_is_refused_with_the_remedy_when_no_python_is_new_enough() -> None:
    with pytest.raises(NoPythonForOpponentError, match=r"install python3\.13, or run this with EXCONN_PYTHON"):
        opponent_python((3, 12), nothing)


@pytest.fixture
def producer(tmp_path: Path) -> Iterator[Producer]:
    started = Producer([sys.executable, "-c", ECHO], environment={"PATH": os.environ["PATH"]}, directory=tmp_path)
    try:
        yield started
    finally:
        started.close()


def test_its_producer_answers_each_line_with_one(producer: Producer) -> None:
    assert [producer.ask("one"), producer.ask("two")] == ["done one", "done two"]


def test_a_producer_that_ends_without_an_answer_is_an_error(producer: Producer) -> None:
    with pytest.raises(RuntimeError, match=r"ended \(0\) without an answer to 'stop'"):
        producer.ask("stop")
