"""The sides of the benchmark do the same work, so that their rates may be compared."""

import re
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from exconn.exchange import Malformed
from exconn.exchange.clixml.reader import read
from exconn.exchange.psrp import command_limits
from tests.benchmarks.answers import answer_bodies, device_bodies, envelope
from tests.benchmarks.decode import bare, received_bare, received_by_pypsrp, received_by_us
from tests.benchmarks.mix import ENTITIES_IN, NAME_WITH_ENTITIES, NULL_IN, OPTIONAL, mixed_bodies

COUNT = 130


@pytest.mark.parametrize("bodies", [device_bodies, mixed_bodies])
def test_every_side_receives_every_object(bodies: Callable[[int], Iterator[str]]) -> None:
    objects = list(bodies(COUNT))
    answers = [envelope(body, "uuid:0") for body in answer_bodies(objects, UUID(int=1), "1")]

    counts = [received_by_us(objects)[0], received_by_pypsrp(objects)[0], received_bare(answers)[0]]

    assert len(answers) > 1
    assert counts == [COUNT] * 3


def test_the_bare_loop_keeps_all_properties_that_ours_keeps() -> None:
    body = next(device_bodies(1)).encode()

    assert bare(body).keys() == read(body).keys()


def test_the_mix_has_what_a_list_of_many_years_has_and_is_the_same_each_time() -> None:
    bodies = list(mixed_bodies(1000))
    names = [read(body.encode())["FriendlyName"] for body in bodies]

    assert bodies == list(mixed_bodies(1000))
    for name in OPTIONAL:
        assert sum(f'<Nil N="{name}" />' in body for body in bodies) > 1000 / NULL_IN / 2
    assert names.count("Tom & Ann <3") == sum(NAME_WITH_ENTITIES in body for body in bodies) > 1000 / ENTITIES_IN / 2
    assert len({read(body.encode())["DeviceModel"] for body in bodies}) > 5
    assert len({re.sub(">[^<]*<", "><", body) for body in bodies}) > 50


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
