"""Answers that are changed or withheld on the way: what a wipe says then, and that it was sent exactly once."""

import base64
import re
import struct
import threading
from collections.abc import Callable

import pytest

from exconn.exchange import Ambiguous, Command, ExchangeError, Malformed, RefusedByExchange, Session, Unreachable
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.simulator import RunningSimulator
from tests.support.network.relay import Passing, relay

CLEAR = "Clear-MobileDevice"
_STREAM = re.compile(rb"<(?:\w+:)?Stream\b[^>]*>([^<]*)</(?:\w+:)?Stream>")
_PIPELINE_STATE = 0x00041006


def is_state(stream: re.Match[bytes]) -> bool:
    """Does this stream carry the message that tells how the pipeline ended?"""
    fragment = base64.b64decode(stream.group(1))
    return bool(struct.unpack_from("<I", fragment, 25)[0] == _PIPELINE_STATE)


def without_state(passing: Passing) -> Passing:
    passing.body = _STREAM.sub(lambda found: b"" if is_state(found) else found.group(0), passing.body)
    return passing


def garbled(passing: Passing) -> Passing:
    passing.body = _STREAM.sub(lambda found: found.group(0).replace(found.group(1), b"AAAA"), passing.body)
    return passing


def cut(_passing: Passing) -> None:
    return None


def failed(passing: Passing) -> Passing:
    passing.status, passing.body = 500, b""
    return passing


class Saboteur:
    """Once armed, changes the answers to one WSMan action."""

    def __init__(self, action: str, change: Callable[[Passing], Passing | None]) -> None:
        self._action = action
        self._change = change
        self.armed = threading.Event()
        self.seen: list[str] = []

    def __call__(self, passing: Passing) -> Passing | None:
        if not self.armed.is_set():
            return passing
        self.seen.append(passing.action)
        return self._change(passing) if passing.action == self._action else passing


def run_against(
    simulator: RunningSimulator, saboteur: Saboteur, use: Callable[[Session], object]
) -> tuple[ExchangeError, str]:
    """The error of a command whose answers are sabotaged, and the shell that it ran in."""
    with relay(simulator, saboteur) as url, Session.open(endpoint_of(simulator, url=url)) as session:
        assert session.dialect == "MobileDevice"
        saboteur.armed.set()
        with pytest.raises(ExchangeError) as caught:
            use(session)
        return caught.value, session.session_id


@pytest.mark.parametrize("action", ["Command", "Receive"])
@pytest.mark.parametrize("change", [cut, failed], ids=lambda change: change.__name__)
def test_a_wipe_without_an_answer_is_ambiguous_and_sent_once(
    simulator: RunningSimulator, victim: str, action: str, change: Callable[[Passing], Passing | None]
) -> None:
    saboteur = Saboteur(action, change)

    error, session_id = run_against(simulator, saboteur, lambda session: session.clear_device(victim))

    assert isinstance(error, Ambiguous)
    assert error.changes_exchange
    assert error.session_id == session_id
    assert saboteur.seen.count("Command") == 1
    assert len(simulator.oracle("Clear-*", guid=victim)) == 1


@pytest.mark.parametrize("change", [without_state, garbled], ids=lambda change: change.__name__)
def test_an_end_without_a_state_is_ambiguous_for_a_wipe_and_malformed_for_reading(
    simulator: RunningSimulator, victim: str, change: Callable[[Passing], Passing | None]
) -> None:
    wipe, _ = run_against(simulator, Saboteur("Receive", change), lambda session: session.clear_device(victim))
    look, _ = run_against(simulator, Saboteur("Receive", change), lambda session: session.device(victim))

    assert isinstance(wipe, Ambiguous)
    assert isinstance(look, Malformed)
    assert len(simulator.oracle("Clear-*", guid=victim)) == 1


def test_a_failed_release_of_the_command_does_not_spoil_a_clear_answer(
    simulator: RunningSimulator, victim: str
) -> None:
    saboteur = Saboteur("Signal", failed)
    with relay(simulator, saboteur) as url, Session.open(endpoint_of(simulator, url=url)) as session:
        assert session.dialect == "MobileDevice"
        saboteur.armed.set()
        session.clear_device(victim)

        assert session.statistics_of_device(victim).wipe.requested is not None


def test_an_opening_without_an_answer_deletes_what_it_may_have_left(simulator: RunningSimulator) -> None:
    shells = simulator.counters()["open_shells"]
    saboteur = Saboteur("Create", cut)
    saboteur.armed.set()

    with relay(simulator, saboteur) as url, pytest.raises(Unreachable):
        Session.open(endpoint_of(simulator, url=url))

    assert "Delete" in saboteur.seen
    assert simulator.counters()["open_shells"] == shells


def test_a_prompt_is_not_answered_and_the_cmdlet_does_nothing(
    simulator: RunningSimulator, session: Session, victim: str
) -> None:
    prompting = Command(CLEAR, {"Identity": victim})
    object.__setattr__(prompting, "parameters", {"Identity": victim})

    with pytest.raises(RefusedByExchange) as caught:
        session.run(prompting)

    assert caught.value.error_id == "HostPrompt"
    assert simulator.device(victim)["wipe"]["requested"] is None
    assert session.usable
    assert session.device(victim).guid == victim
