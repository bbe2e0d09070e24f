"""Answers of real estates that also come cut off, doubled, or to another command: a typed error, and nothing lost."""

import re
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from exconn.exchange import Ambiguous, ExchangeError, Gaps, Malformed, Session, Transient
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.lists import devices_of
from tests.support.exchange.simulator import RunningSimulator
from tests.support.network.relay import Passing, relay

READ, CLEAR = "Get-MobileDevice", "Clear-MobileDevice"
_STREAM = re.compile(rb"(<rsp:Stream\b[^>]*>)([^<]+)(</rsp:Stream>)")
#: Where a message says to which pipeline it belongs: behind the fragment's header and the first fields of its own.
_PIPELINE = slice(21 + 24, 21 + 40)
_IS_FIRST, _LENGTH = 16, slice(17, 21)

Spoil = Callable[[bytes], bytes]


def cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def doubled(body: bytes) -> bytes:
    return _STREAM.sub(lambda found: 2 * found.group(), body)


def to_another_command(body: bytes) -> bytes:
    return _STREAM.sub(lambda found: found[1] + b64encode(_misdirected(b64decode(found[2]))) + found[3], body)


def _misdirected(data: bytes) -> bytes:
    fragments, position = bytearray(data), 0
    while position < len(fragments):
        fragment = slice(position, position + 21 + int.from_bytes(fragments[position:][_LENGTH], "big"))
        if fragments[position + _IS_FIRST] & 1:
            fragments[position + _PIPELINE.start : position + _PIPELINE.stop] = uuid.UUID(int=7).bytes
        position = fragment.stop
    return bytes(fragments)


@contextmanager
def spoiled_session(simulator: RunningSimulator, spoil: Spoil) -> Iterator[tuple[Session, list[str]]]:
    """A session of which every Receive is spoiled from when something is put into the list."""
    armed: list[str] = []

    def alter(passing: Passing) -> Passing:
        if armed and passing.action == "Receive":
            passing.body = spoil(passing.body)
        return passing

    endpoint = endpoint_of(simulator, operation_timeout=timedelta(seconds=2))
    with relay(simulator, alter) as url, Session.open(endpoint.model_copy(update={"url": url})) as session:
        assert session.dialect == "MobileDevice"
        yield session, armed


def sends(simulator: RunningSimulator, guid: str) -> int:
    return len([each for each in simulator.oracle(CLEAR) if each["sent"]["Identity"] == guid])


SPOILS = pytest.mark.parametrize("spoil", [cut, doubled, to_another_command], ids=lambda spoil: spoil.__name__)


@SPOILS
@pytest.mark.parametrize("fault", ["error_beside", "without_guid", "unreadable_object", "noncharacters", "transient"])
def test_a_list_is_whole_with_its_gaps_or_fails_by_type(simulator: RunningSimulator, fault: str, spoil: Spoil) -> None:
    usual, gaps, found, failure = Gaps(), Gaps(), set[str](), None
    present = simulator.partnership_count()
    with Session.open(endpoint_of(simulator)) as session:
        list(session.devices(usual))
    simulator.fault(fault, READ)
    with spoiled_session(simulator, spoil) as (session, armed):
        armed.append("now")
        try:
            found = {device.guid for device in session.devices(gaps)}
        except ExchangeError as exc:
            failure = exc

    if spoil is doubled and fault != "transient":
        assert failure is None
        assert gaps.total == 2 * (usual.total + (fault != "noncharacters"))
        assert len(found) == present - (fault in ("without_guid", "unreadable_object"))
    else:
        assert type(failure) is (Transient if spoil is doubled else Malformed)
        assert gaps.total == 0
    with Session.open(endpoint_of(simulator)) as session:
        assert len(devices_of(session)) == present


@SPOILS
@pytest.mark.parametrize("fault", ["transient", "transient_after", "error_and_success"])
def test_a_wipe_is_in_doubt_or_its_error_is_told_and_it_was_sent_once(
    simulator: RunningSimulator, victim: str, fault: str, spoil: Spoil
) -> None:
    before = sends(simulator, victim)
    simulator.fault(fault, CLEAR)
    with spoiled_session(simulator, spoil) as (session, armed):
        armed.append("now")
        with pytest.raises(ExchangeError) as caught:
            session.clear_device(victim)

    assert isinstance(caught.value, Ambiguous) or (spoil is doubled and fault == "error_and_success")
    assert sends(simulator, victim) == before + 1
