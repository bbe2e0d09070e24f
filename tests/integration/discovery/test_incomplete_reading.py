"""Lists as real estates answer them: what could be read is kept, and the sweep says what it lacks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exconn.contracts import FactsType
from exconn.ledger import Job
from exconn.stream import Number
from tests.integration.discovery.conftest import staged
from tests.integration.discovery.scene import CONNECTOR, Scene

DEVICES, OWNERS, STATISTICS = "Get-MobileDevice", "Get-CASMailbox", "Get-MobileDeviceStatistics"
EVERYTHING = 120


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A tidy organization: its lists lack what a test has ordered, and nothing else, so that it can be counted."""
    with staged(tmp_path, devices=EVERYTHING, estate="tidy") as stage:
        yield stage


def swept(scene: Scene) -> Job:
    scene.worker()
    return scene.job(scene.installed_and_swept())


def test_errors_and_odd_objects_in_every_list_lose_nothing_else_and_are_told(scene: Scene) -> None:
    for cmdlet in (DEVICES, OWNERS):
        scene.simulator.fault("error_beside", cmdlet, records=2)
    scene.simulator.fault("without_guid", DEVICES)
    scene.simulator.fault("unreadable_object", DEVICES)
    scene.simulator.fault("error_beside", STATISTICS, times=-1)

    job = swept(scene)

    (finished,) = [message for message in scene.messages(job.id) if message.number == Number.SWEEP_FINISHED]
    (closing,) = scene.facts(FactsType.FINALISE)
    data: dict[str, Any] = dict(finished.data)
    assert data["complete"] is closing.complete is False
    assert data["list_errors"] == 4
    assert data["without_guid"] + data["unreadable"] in (1, 2)  # both may spoil the same object
    assert data["unread_mailboxes"] == data["owners"]
    assert set(data["kinds"]) >= {"DataValidationException"}
    lost = data["without_guid"] + data["unreadable"]
    assert scene.registered() == data["devices"] == EVERYTHING - lost
    assert len({fact.guid for fact in scene.facts(FactsType.STATISTICS)}) == EVERYTHING - lost
    names = [gap.name for gap in closing.gaps.named if gap.name.startswith("corp.example/Lost/")]
    logged = "".join(log.read_text() for log in scene.processes.logs)
    told = str([message.data for message in scene.messages()]) + logged
    assert len(names) == 4
    assert not any(name in told for name in names)


def test_the_owner_of_a_device_is_found_although_its_mailbox_says_that_it_has_none(scene: Scene) -> None:
    device = scene.simulator.devices()[0]
    scene.simulator.control("POST", f"/mailboxes/{device['user']}/flag", {"has_partnership": False})

    job = swept(scene)

    entry = scene.register.look(CONNECTOR, device["guid"])
    looked_up = [entry for entry in scene.simulator.oracle(cmdlet=OWNERS) if "Identity" in entry["parameters"]]
    assert entry is not None
    assert entry.owner in {fact.guid for fact in scene.facts(FactsType.OWNERS)}
    assert entry.statistics_at is not None
    assert (job.data["complete"], job.data["devices"], len(looked_up)) == (True, EVERYTHING, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("estate", "spoiled"), [("real", 0), ("hostile", 2)])
def test_an_old_estate_is_swept_to_its_end_and_no_phone_is_lost(tmp_path: Path, estate: str, spoiled: int) -> None:
    """The first objects of a hostile estate's list have no Guid, or cannot be read."""
    with staged(tmp_path, devices=EVERYTHING, estate=estate) as scene:
        job = swept(scene)
        phones = set(scene.devices())
        known = {guid for guid, entry in scene.entries().items() if entry is not None}

    data: dict[str, Any] = dict(job.data)
    assert data["complete"] is False
    assert data["list_errors"] >= 1
    assert (data["without_guid"] + data["unreadable"] >= spoiled, len(phones - known) <= spoiled) == (True, True)
    assert known <= phones
