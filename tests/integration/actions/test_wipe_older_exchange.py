"""Wipes on an Exchange that knows only the older names, and takes distinguished names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exconn.ledger import Outcome, State
from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.jobs.wipe_jobs import Wiping, settled


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    folder: Path = tmp_path_factory.mktemp("exchange-2010")
    running = start_simulator(folder, devices=30, seed=11, phone_sync="0.5s", version="2010")
    yield running
    running.close()


def test_a_wipe_goes_to_the_distinguished_name_and_ends_acknowledged(wiping: Wiping) -> None:
    guid = wiping.fresh_device()

    job = wiping.work(wiping.request(guid), until=settled)

    assert (job.outcome, job.phase) == (Outcome.SUCCEEDED, "acknowledged")
    (sent,) = [entry for entry in wiping.simulator.oracle(cmdlet="Clear-*") if entry["identity_guid"] == guid]
    assert sent["cmdlet"] == "Clear-ActiveSyncDevice"
    assert sent["parameters"]["Identity"].startswith("CN=")


def test_a_device_that_is_not_found_by_its_guid_is_found_in_the_list(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("not_found", cmdlet="Get-ActiveSyncDevice", times=1)

    job = wiping.work(wiping.request(guid), until=lambda job: job.phase == "issued" or job.state is State.SETTLED)

    assert job.phase in {"issued", "acknowledged"}
    assert job.notes.get("missing") is None


def test_a_wipe_whose_answer_is_lost_is_read_back(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("drop_answer", cmdlet="Clear-ActiveSyncDevice", times=1)

    job = wiping.work(wiping.request(guid), until=settled)

    assert job.outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1
