"""Workers are killed in the middle of a list and of its parts: the sweep still ends with exact numbers."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exconn.contracts import FactsType
from exconn.ledger import State
from exconn.stream import Number
from tests.integration.discovery.scene import CONNECTOR, WITHIN, Scene
from tests.support.machine.processes import ChildProcess, wait_until

pytestmark = pytest.mark.faults

DEVICES = 120
PAGE: dict[str, Any] = {"EXCONN_DISCOVERY_PAGE": "40"}


def kill_at(failpoint: str, tmp_path: Path) -> dict[str, Any]:
    """Kill the whole worker when a job passes there, once per job."""
    return {"EXCONN_FAILPOINTS": f"{failpoint}=kill-group@{tmp_path / 'fired'}"}


def wait_for_death(scene: Scene, worker: ChildProcess) -> None:
    def dead() -> bool:
        scene.ring()
        return worker.exit_code is not None

    wait_until(dead, WITHIN, "the worker to be killed", logs=scene.processes.logs)


def assert_exact(scene: Scene, sweep: str) -> None:
    there = set(scene.devices())
    statistics = [fact.guid for fact in scene.facts(FactsType.STATISTICS)]
    devices = [fact.guid for fact in scene.facts(FactsType.DEVICES)]
    assert len(there) == DEVICES
    assert sorted(devices) == sorted(there)
    assert set(statistics) == scene.owned()
    assert scene.registered() == scene.register.fleet_size(CONNECTOR) == len(there)
    entries = scene.entries()
    assert all(entry is not None for entry in entries.values())
    assert {guid for guid, entry in entries.items() if entry and entry.statistics_at} == scene.owned()
    assert scene.job(sweep).data["devices"] == len(there)
    assert len(scene.facts(FactsType.FINALISE)) == 1


def test_a_list_that_was_killed_begins_anew_and_counts_each_device_once(scene: Scene, tmp_path: Path) -> None:
    doomed = scene.worker(**PAGE, **kill_at("sweep.page_folded", tmp_path))
    sweep = scene.sweep()
    wait_for_death(scene, doomed)
    assert 0 < len(scene.facts(FactsType.DEVICES)) < DEVICES

    scene.worker(**PAGE)

    job = scene.settled(sweep)
    assert job.own_generation == 2
    assert Number.LIST_RESTARTED in [message.number for message in scene.messages(sweep)]
    assert_exact(scene, sweep)


def test_a_part_that_was_killed_resumes_and_its_sweep_ends(scene: Scene, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"EXCONN_DISCOVERY_PARTITION": "40"}
    doomed = scene.worker(**settings, **kill_at("partition.owner_read", tmp_path))
    sweep = scene.sweep()
    wait_for_death(scene, doomed)
    assert scene.job(sweep).wait == "children"
    assert len(scene.facts(FactsType.STATISTICS)) < DEVICES

    scene.worker(**settings)

    job = scene.settled(sweep)
    assert job.own_generation == 1
    assert_exact(scene, sweep)


def test_a_part_that_resumes_does_not_ask_again_for_what_it_folded(scene: Scene, tmp_path: Path) -> None:
    doomed = scene.worker(concurrency=1, EXCONN_DISCOVERY_PARTITION="400", **kill_at("partition.page_folded", tmp_path))
    sweep = scene.sweep()
    wait_for_death(scene, doomed)
    folded = len(scene.facts(FactsType.STATISTICS))
    asked = len(scene.simulator.oracle(cmdlet="Get-MobileDeviceStatistics"))
    assert 0 < folded < DEVICES

    scene.worker(concurrency=1)
    scene.settled(sweep)

    again = len(scene.simulator.oracle(cmdlet="Get-MobileDeviceStatistics")) - asked
    assert again == int(str(scene.job(sweep).data["owners"])) - asked
    assert_exact(scene, sweep)


def test_parts_of_a_killed_list_end_without_a_word_to_exchange(scene: Scene, tmp_path: Path) -> None:
    doomed = scene.worker(**kill_at("sweep.handed_out", tmp_path))
    sweep = scene.sweep()
    wait_for_death(scene, doomed)
    older = {job_id for job_id in scene.ledger.unsettled(CONNECTOR) if job_id.startswith("partition-")}
    assert older
    successor = wait_until(lambda: scene.ledger.claim(sweep, "successor"), WITHIN, "the lease to run out")
    assert successor is not None
    scene.ledger.restart_list(successor.lease)
    scene.ledger.defer(successor.lease, timedelta(0))

    scene.worker()
    scene.settled(sweep)

    for job_id in older:
        job = scene.reached(job_id, State.SETTLED)
        assert job.outcome == "cancelled"
    owners = scene.job(sweep).data["owners"]
    assert len(scene.simulator.oracle(cmdlet="Get-MobileDeviceStatistics")) == owners
    assert_exact(scene, sweep)


def test_a_cancelled_sweep_folds_no_more_and_its_parts_end(scene: Scene) -> None:
    scene.worker(concurrency=1, EXCONN_DISCOVERY_PARTITION="20")
    scene.simulator.fault("slow", "Get-MobileDeviceStatistics", times=-1, seconds=0.2)
    sweep = scene.sweep()

    def reading() -> bool:
        scene.ring()
        return len(scene.facts(FactsType.STATISTICS)) > 0

    wait_until(reading, WITHIN, "the first statistics", logs=scene.processes.logs)
    assert scene.ledger.cancel(sweep, by="boss") == "cancelled"
    at_cancel = len(scene.facts(FactsType.STATISTICS))

    def all_ended() -> bool:
        scene.ring()
        return not scene.ledger.unsettled(CONNECTOR)

    wait_until(all_ended, timedelta(seconds=30), "all parts to end", logs=scene.processes.logs)
    assert len(scene.facts(FactsType.STATISTICS)) == at_cancel
    assert scene.facts(FactsType.FINALISE) == []
    assert scene.register.fleet_size(CONNECTOR) is None
