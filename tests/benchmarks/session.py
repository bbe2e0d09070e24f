"""How many HTTP requests a session costs, by the counters of a simulator that is a process of its own.

A small cmdlet answers with one object or none. Opening includes the setting that every session makes first.
"""

import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from statistics import median

from pydantic import SecretStr

from exconn.exchange import Endpoint, Session
from exconn.exchange.cmdlets.command import Command
from tests.benchmarks.report import Report, compare_size
from tests.support.exchange.simulator import RunningSimulator, running_simulator

NAME = "session"
SEED = 7
#: As in earlier figures, with which these are compared.
ESTATE = "tidy"
DEVICES = 2_000
GOAL = 3

Tell = Callable[[str], None]


def run(rounds: int, n: int, tell: Tell) -> Report:
    """Each round opens a session, runs `n` small cmdlets, lists all devices, and closes."""
    opened: list[int] = []
    small: list[float] = []
    listed: list[int] = []
    closed: list[int] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_simulator(Path(folder), DEVICES, SEED, estate=ESTATE) as simulator,
    ):
        for number in range(rounds):
            counting = _Counting(simulator)
            with Session.open(_endpoint(simulator)) as session:
                session.dialect  # noqa: B018  # looked up once in a session, which belongs to opening it
                opened.append(counting.since())
                small.append(_small_cmdlets(session, simulator, n, counting) / n)
                count = sum(1 for _ in session.devices())
                listed.append(counting.since())
            closed.append(counting.since())
            tell(f"round {number + 1} of {rounds}")
    tell(f"requests to open a session: {max(opened)}; to list {count} devices: {max(listed)}; to close: {max(closed)}")
    figure = compare_size(
        "HTTP requests of a small `cmdlet` in an open session, to cmdlets", median(small), 1, goal=GOAL
    )
    return Report(name=NAME, seed=SEED, n=n, figures=(figure,))


def _small_cmdlets(session: Session, simulator: RunningSimulator, n: int, counting: "_Counting") -> int:
    guid = simulator.devices(limit=1)[0]["guid"]
    kinds: tuple[Callable[[], object], ...] = (
        lambda: session.device(guid),
        lambda: session.statistics_of_device(guid),
        lambda: session.organization_settings(),
        lambda: session.mailbox_policies(),
        lambda: session.run(Command("Set-ADServerSettings", {"ViewEntireForest": True})),
    )
    counting.since()
    for _, ask in zip(range(n), cycle(kinds), strict=False):
        ask()
    return counting.since()


class _Counting:
    """Requests that reached the server since the last look."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self._simulator = simulator
        self._seen = self._all()

    def _all(self) -> int:
        return sum(self._simulator.counters()["requests"].values())

    def since(self) -> int:
        before, self._seen = self._seen, self._all()
        return self._seen - before


def _endpoint(simulator: RunningSimulator) -> Endpoint:
    return Endpoint(
        url=simulator.url,
        username=simulator.username("discovery"),
        password=SecretStr(simulator.password("discovery")),
        ca_file=Path(simulator.ca_file) if simulator.ca_file else None,
    )
