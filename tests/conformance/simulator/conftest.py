"""One simulator per test module, fresh before each test; a bare client and the clients that people use."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conformance.simulator.sessions import Sessions
from tests.support.exchange.raw_wsman import Connect, RawClient
from tests.support.exchange.simulator import RunningSimulator, running_simulator

DEVICES = 60
SEED = 7
#: Modules that need a tidy estate, each with what in them an old one would spoil.
TIDY = {
    "test_content": "counts all objects of a session that sees one domain",
    "test_generic_endpoint": "compares lines of text with the record of a phone, which has each property",
    "test_pypsrp_session": "counts objects, and says that no error and no warning comes with them",
    "test_replay": "compares a million made-up devices by their numbers, which belong to people of one domain",
    "test_scenario": "counts all phones that a session is told of, and compares what clients of others are told",
    "test_servers": "asks any server and any domain controller for any phone, and counts what is shown",
    "test_wire": "counts the objects of a session that sees one domain, by their numbers on the wire",
}


@pytest.fixture(scope="module", autouse=True)
def any_estate(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether the shell may choose the estate of a module's simulators, which is a real one otherwise."""
    chosen = request.module.__name__.rpartition(".")[2] not in TIDY
    with pytest.MonkeyPatch.context() as patch:
        if not chosen:
            patch.setenv("SIMULATED_ESTATE", "tidy")
        yield chosen


@pytest.fixture(scope="module")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path_factory.mktemp("simulator"), devices=DEVICES, seed=SEED) as simulator:
        yield simulator


@pytest.fixture
def simulator(shared_simulator: RunningSimulator) -> RunningSimulator:
    """Without faults, and with an untouched organization."""
    shared_simulator.start_anew(DEVICES, SEED)
    return shared_simulator


@pytest.fixture
def connect(simulator: RunningSimulator) -> Iterator[Connect]:
    """Makes bare clients without a shell; each loses its connection at the end."""
    clients: list[RawClient] = []

    def connected(account: str = "actions") -> RawClient:
        clients.append(RawClient(simulator, account))
        return clients[-1]

    yield connected
    for client in clients:
        client.close()


@pytest.fixture
def raw(connect: Connect) -> Iterator[RawClient]:
    """A bare client with an open shell, which is deleted at the end."""
    client = connect()
    client.open()
    yield client
    client.delete()


@pytest.fixture
def sessions(simulator: RunningSimulator, any_estate: bool) -> Iterator[Sessions]:
    """Opens sessions with pypsrp and closes them at the end."""
    with ExitStack() as stack:
        yield Sessions(simulator, stack, entire_forest=any_estate)
