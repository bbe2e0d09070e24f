"""What a session says, request by request, as somebody on the way sees it."""

import base64
import re
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exconn.exchange import ExchangeError, Gaps, Session
from exconn.exchange.psrp import transport as psrp
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.network.relay import Passing, relay

CHOSEN = "C0FFEE00-0000-4000-8000-000000000001"


class Witness:
    """Keeps each request with its action."""

    def __init__(self) -> None:
        self.passed: list[tuple[str, str]] = []

    def __call__(self, passing: Passing) -> Passing:
        self.passed.append((passing.action, passing.request))
        return passing

    def of(self, action: str) -> list[str]:
        return [request for name, request in self.passed if name == action]

    def found(self, pattern: str) -> list[str]:
        """What the pattern's group matches, in order."""
        return [match for _, request in self.passed for match in re.findall(pattern, request)]


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def watched(simulator: RunningSimulator, witness: Witness) -> Iterator[Session]:
    with relay(simulator, witness) as url, Session.open(endpoint_of(simulator, url=url)) as session:
        yield session


def test_a_session_has_one_runspace_and_sends_commands_without_input(
    watched: Session, witness: Witness, victim: str
) -> None:
    watched.device(victim)
    watched.clear_device(victim)

    (created,) = witness.of("Create")
    encoded = re.search(r"creationXml[^>]*>([^<]+)<", created)
    assert encoded is not None
    opening = base64.b64decode(encoded[1]).decode("utf-8", "replace")
    assert re.findall(r'N="(?:Min|Max)Runspaces">(\d+)<', opening) == ["1", "1"]
    assert witness.of("Send") == []
    pipelines = [base64.b64decode(text) for text in witness.found(r"<rsp:Arguments>([^<]+)<")]
    assert [b'N="NoInput">true<' in pipeline for pipeline in pipelines] == [True] * len(pipelines)
    assert len(pipelines) >= 2


def test_envelopes_grow_once_the_server_has_shown_its_version(watched: Session, witness: Witness, victim: str) -> None:
    watched.device(victim)

    sizes = witness.found(r"MaxEnvelopeSize[^>]*>(\d+)<")

    assert sizes[0] == "153600"
    assert sizes[-1] == "512000"


def test_the_command_id_that_the_server_chose_is_asked_for(simulator: RunningSimulator, victim: str) -> None:
    """Servers may answer with an id of their own; the messages carry the pipeline's."""
    witness = Witness()
    armed: list[str] = []

    def choose(passing: Passing) -> Passing:
        if armed and passing.action == "Command":
            passing.body = re.sub(rb"(CommandId>)[^<]+", rb"\g<1>" + CHOSEN.encode(), passing.body)
        return witness(passing) if armed else passing

    with relay(simulator, choose) as url, Session.open(endpoint_of(simulator, url=url)) as session:
        assert session.dialect == "MobileDevice"
        armed.append("now")
        with pytest.raises(ExchangeError):
            session.device(victim)

    assert CHOSEN in witness.of("Receive")[0]


def test_a_cmdlet_that_outlasts_several_receives_is_waited_for(
    watched: Session, witness: Witness, simulator: RunningSimulator, victim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server says after each that the operation timed out, and goes on."""
    monkeypatch.setattr(psrp, "POLL_SECONDS", 1)
    assert watched.dialect == "MobileDevice"
    before = len(witness.of("Receive"))
    simulator.fault("slow", "Get-MobileDevice", seconds=2.5)

    assert watched.device(victim).guid == victim
    assert len(witness.of("Receive")) - before >= 3


def test_a_cmdlet_that_is_given_up_is_stopped_by_its_id_and_freed(
    watched: Session, witness: Witness, simulator: RunningSimulator
) -> None:
    assert watched.dialect == "MobileDevice"
    witness.passed.clear()
    devices = watched.devices()
    next(devices)
    devices.close()  # type: ignore[attr-defined]

    (asked_for,) = set(witness.found(r'DesiredStream[^>]*CommandId="([^"]+)"'))
    signalled = witness.found(r'Signal[^>]*CommandId="([^"]+)"')
    codes = witness.found(r"Code>[^<]*/signal/([^<]+)<")
    assert set(signalled) == {asked_for}
    assert codes[-1] == "Terminate"
    assert simulator.counters()["open_commands"] == 0


def test_a_list_is_never_held_whole(tmp_path: Path) -> None:
    """Memory at 2,000 devices is what it is at 250: answers are read, handed out and forgotten one by one."""
    peaks = []
    for number in (250, 2000):
        with running_simulator(tmp_path, devices=number) as simulator:
            endpoint = endpoint_of(simulator, operation_timeout=timedelta(seconds=30))
            with Session.open(endpoint) as session:
                next(iter(session.devices()))
                partnerships = simulator.partnership_count()
                tracemalloc.start()
                try:
                    assert sum(1 for _ in session.devices(Gaps())) == partnerships
                    peaks.append(tracemalloc.get_traced_memory()[1])
                finally:
                    tracemalloc.stop()

    assert peaks[1] < 1.5 * peaks[0]
