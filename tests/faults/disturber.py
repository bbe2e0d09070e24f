"""What strikes everybody at once in the middle of a wave: servers die and come back, connections end."""

import random
import time
from collections.abc import Callable

from tests.support.fault_runs.fault_kinds import FaultKind, Faults
from tests.support.system.cluster import Cluster

#: Time to come back, and for work to be under way again.
BETWEEN_SECONDS = 1.0


class Disturber:
    """Strikes with each of its kinds once in a wave, in an order that the seed decides."""

    def __init__(self, cluster: Cluster, faults: Faults, seed: int) -> None:
        self._cluster = cluster
        self._faults = faults
        self._dice = random.Random(seed)
        self._ways: dict[FaultKind, Callable[[], object]] = {
            FaultKind.LEDGER_KILLED: lambda: cluster.restart_server(cluster.valkey),
            FaultKind.BROKER_KILLED: lambda: cluster.restart_server(cluster.broker),
            FaultKind.CONNECTIONS_CUT: cluster.cut_connections,
        }
        self._left: list[FaultKind] = []
        self._next = 0.0

    def begin(self) -> None:
        """A wave begins: its first disturbance comes a moment later."""
        self._left = self._dice.sample(list(self._ways), len(self._ways))
        self._next = time.monotonic() + BETWEEN_SECONDS

    @property
    def is_done(self) -> bool:
        """Whether the wave was disturbed in every way."""
        return not self._left

    def step(self) -> None:
        """Strike, if it is time."""
        if self._left and time.monotonic() >= self._next:
            kind = self._left.pop()
            self._ways[kind]()
            self._faults[kind] += 1
            self._next = time.monotonic() + BETWEEN_SECONDS
