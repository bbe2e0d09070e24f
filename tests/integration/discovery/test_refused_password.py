"""A password that Exchange refuses: workers do not lock the account, people are told once, and no job is held."""

from pathlib import Path

from exconn.contracts import WaitReason
from exconn.stream import Number
from tests.integration.discovery.scene import WITHIN, Scene
from tests.support.machine.processes import wait_until

JOBS = 6


def test_four_workers_with_a_wrong_password_try_it_now_and_then_and_hold_no_job(scene: Scene) -> None:
    scene.worker()
    scene.settled(scene.install())
    Path(scene.simulator.accounts["discovery"]["password_file"]).write_text("changed in the directory", "utf-8")
    scene.worker()
    refused_before = scene.simulator.counters()["sign_ins"]["refused"]

    sweeps = [scene.sweep() for _ in range(JOBS)]

    def all_wait() -> bool:
        scene.ring()
        return all(scene.job(sweep).awaits for sweep in sweeps)

    wait_until(all_wait, WITHIN * 2, "the sweeps to wait for the account", logs=scene.processes.logs)
    refused = scene.simulator.counters()["sign_ins"]["refused"] - refused_before
    told = [message for message in scene.messages() if message.number == Number.ACCOUNT_REFUSED]
    assert 1 <= refused <= 3
    assert len(told) == 1
    assert told[0].data["account"] == scene.simulator.username("discovery")
    assert all(scene.job(sweep).reason == WaitReason.ACCOUNT_REFUSED for sweep in sweeps)
