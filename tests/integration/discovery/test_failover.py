"""Discovery goes on through another server, and returns to the first one."""

import json
from pathlib import Path

from exconn.stream import Number
from tests.integration.discovery.scene import WITHIN, Scene
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.machine.processes import ChildProcesses, wait_until
from tests.support.machine.valkey import RestartableValkey

FIRST, SECOND = "127.0.0.1", "127.0.0.2"
SERVERS = [
    {"name": "EX1", "site": "Berlin", "host": FIRST},
    {"name": "EX2", "site": "Berlin", "host": SECOND},
]


def servers_used(simulator: RunningSimulator, since: int) -> set[str]:
    return {entry["server"] for entry in simulator.oracle()[since:]}


def test_workers_sweep_through_another_server_until_the_first_one_is_back(
    tmp_path: Path, restartable_valkey: RestartableValkey, processes: ChildProcesses
) -> None:
    with running_simulator(tmp_path, devices=30, servers=json.dumps(SERVERS)) as simulator:
        scene = Scene(restartable_valkey, simulator, processes)
        scene.apply(domains=[SECOND])
        scene.worker()
        scene.installed_and_swept()
        assert servers_used(simulator, 0) == {FIRST}

        simulator.control("POST", "/servers/EX1", {"state": "off"})
        dead = len(simulator.oracle())
        scene.settled(scene.sweep(), within=WITHIN * 2)
        assert servers_used(simulator, dead) == {SECOND}
        assert scene.registered() == 30

        simulator.control("POST", "/servers/EX1", {"state": "on"})

        def returned() -> bool:
            before = len(simulator.oracle())
            scene.settled(scene.sweep(), within=WITHIN * 2)
            return FIRST in servers_used(simulator, before)

        wait_until(returned, WITHIN, "the return to the first server", logs=processes.logs)
        told = [message for message in scene.messages() if message.number == Number.RUNSPACE_FAILED]
        scene.close()
    assert {message.text for message in told} == {"Failed to open runspace for site Default"}
