"""The sides of the benchmark do the same work, so that their rates may be compared."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from exconn.exchange import Malformed
from exconn.exchange.clixml.reader import read
from exconn.exchange.psrp import command_limits
from tests.benchmarks.answers import answer_bodies, device_bodies, envelope
from tests.benchmarks.decode import bare, received_bare, received_by_pypsrp, received_by_us

COUNT = 130


def test_every_side_receives_every_object() -> None:
    objects = list(device_bodies(COUNT))
    answers = [envelope(body, "uuid:0") for body in answer_bodies(objects, UUID(int=1), "1")]

    counts = [received_by_us(objects)[0], received_by_pypsrp(objects)[0], received_bare(answers)[0]]

    assert len(answers) > 1
    assert counts == [COUNT] * 3


def test_the_bare_loop_keeps_all_properties_that_ours_keeps() -> None:
    body = next(device_bodies(1)).encode()

    assert bare(body).keys() == read(body).keys()


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_limits, "MOST_MESSAGES", 300)
    made = 0

    def endless() -> Iterator[str]:
        nonlocal made
        body = next(device_bodies(1))
        while True:
            made += 1
            yield body

    with pytest.raises(Malformed, match="300 messages"):
        received_by_us(endless())
    assert made < 1000
