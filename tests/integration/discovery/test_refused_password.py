"""A password that Exchange refuses: workers do not lock the account, and people are told once."""

import time
from pathlib import Path

from exconn.contracts import HoldReason
from exconn.ledger import State
from exconn.stream import Number
from tests.integration.discovery.scene import WITHIN, Scene
from tests.support.machine.processes import wait_until

JOBS = 6


def test_four_workers_with_a_wrong_password_try_it_twice_a_minute_at_most(scene: Scene) -> None:
    scene.worker()
    scene.settled(scene.install())
    Path(scene.simulator.accounts["discovery"]["password_file"]).write_text("changed in the directory", "utf-8")
    scene.worker()
    refused_before = scene.simulator.counters()["sign_ins"]["refused"]
    began = time.monotonic()

    sweeps = [scene.sweep() for _ in range(JOBS)]

    def all_held() -> bool:
        scene.ring()
        return all(scene.job(sweep).state is State.HELD for sweep in sweeps)

    wait_until(all_held, WITHIN * 2, "the sweeps to be held", logs=scene.processes.logs)
    refused = scene.simulator.counters()["sign_ins"]["refused"] - refused_before
    minutes = (time.monotonic() - began) // 60 + 1
    told = [message for message in scene.messages() if message.number == Number.ACCOUNT_REFUSED]
    assert 1 <= refused <= 2 * minutes
    assert len(told) == 1
    assert told[0].data["account"] == scene.simulator.username("discovery")
    assert all(scene.job(sweep).reason == HoldReason.ACCOUNT_REFUSED for sweep in sweeps)
