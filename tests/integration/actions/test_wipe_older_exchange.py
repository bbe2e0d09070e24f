"""Wipes on an Exchange that knows only the older names, and takes distinguished names."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exconn.contracts import HoldReason, WaitReason
from exconn.keyspace import keys
from exconn.ledger import Outcome, State
from exconn.stream import Number
from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, settled

LIST = "Get-ActiveSyncDevice"


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
    wiping.simulator.fault("not_found", cmdlet=LIST, times=1)

    job = wiping.work(wiping.request(guid), until=lambda job: job.phase == "issued" or job.state is State.SETTLED)

    assert job.phase in {"issued", "acknowledged"}
    assert job.notes.get("missing") is None


def test_a_wipe_whose_answer_is_lost_is_read_back(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("drop_answer", cmdlet="Clear-ActiveSyncDevice", times=1)

    job = wiping.work(wiping.request(guid), until=settled)

    assert job.outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def remove(wiping: Wiping, guid: str) -> None:
    """Exchange loses the partnership, as by another administrator."""
    with wiping.sessions.open(CONNECTOR, "actions") as session:
        session.remove_device(session.device(guid).distinguished_name)


def test_a_device_is_found_in_a_list_with_an_error_beside_its_objects(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("error_beside", cmdlet=LIST, times=-1)

    job = wiping.work(wiping.request(guid), until=lambda job: job.phase == "issued")

    assert (wiping.clears(guid), job.notes.get("missing")) == (1, None)


def test_a_list_that_lacks_something_is_no_proof_that_a_device_is_gone(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    remove(wiping, guid)
    wiping.simulator.fault("error_beside", cmdlet=LIST, times=-1)
    action = wiping.request(guid, is_known=False)

    waiting = wiping.look(action, times=4)

    assert (waiting.state, waiting.reason) == (State.WAITING, WaitReason.DEVICE_NOT_SHOWN)
    assert wiping.told(action, Number.JOB_HELD) == []


def test_a_list_that_lacks_something_ends_no_wipe_and_its_deadline_passes_all_the_same(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")
    remove(wiping, guid)
    wiping.simulator.fault("error_beside", cmdlet=LIST, times=-1)

    looked = wiping.look(action, times=3)

    assert (looked.state, looked.phase, looked.reason) == (State.WAITING, "issued", WaitReason.DEVICE_NOT_SHOWN)
    long_ago = {**looked.notes, "issued": (looked.created - timedelta(days=4)).isoformat()}
    wiping.client.hset(keys.job(action), "notes", json.dumps(long_ago))
    assert wiping.held(action).reason == HoldReason.UNDELIVERED
