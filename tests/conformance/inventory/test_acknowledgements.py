"""What the register learns of an action that saw its device acknowledge a wipe."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exconn.contracts import Kind
from exconn.inventory import FoldLeaseLostError
from exconn.ledger import Outcome
from tests.conformance.inventory.scene import CONNECTOR, CREATED, Scene, guid, listed, statistics


def test_an_acknowledgement_that_an_action_read_back_changes_nothing_else_of_the_device(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1, created=CREATED + timedelta(milliseconds=5))])
    scene.register.fold_statistics(lease, place, [statistics(1)])
    before, records = scene.register.look(CONNECTOR, guid(1)), len(scene.records())
    action = scene.claim(scene.insert(Kind.WIPE))
    at = CREATED + timedelta(days=91, microseconds=7)

    for _ in range(2):
        scene.register.note_acknowledgement(action, CONNECTOR, guid(1), at)

    after = scene.register.look(CONNECTOR, guid(1))
    assert before is not None
    assert after is not None
    assert after.fingerprint.last_acknowledged == at
    assert replace(after, fingerprint=before.fingerprint) == before
    assert after.fingerprint.model_copy(update={"last_acknowledged": None}) == before.fingerprint
    # The next reading is a change all the same, so that the monitor is told of it.
    scene.register.fold_statistics(lease, place, [statistics(1, wipe_acknowledged=at)])
    assert len(scene.records()) == records + 1


def test_an_acknowledgement_of_a_device_that_was_never_listed_is_left_to_the_next_list(scene: Scene) -> None:
    scene.register.note_acknowledgement(scene.claim(scene.insert(Kind.WIPE)), CONNECTOR, guid(1), CREATED)

    assert scene.dump() == {}


def test_an_acknowledgement_is_noted_although_a_person_wanted_the_wipe_taken_back(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1)])
    action = scene.claim(scene.insert(Kind.WIPE))
    scene.ledger.cancel(action.job_id, by="anna")

    scene.register.note_acknowledgement(action, CONNECTOR, guid(1), CREATED)

    entry = scene.register.look(CONNECTOR, guid(1))
    assert entry is not None
    assert entry.fingerprint.last_acknowledged == CREATED


def test_an_acknowledgement_of_a_worker_that_lost_its_job_is_not_noted(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register.fold_devices(lease, place, [listed(1)])
    action = scene.claim(scene.insert(Kind.WIPE))
    scene.ledger.settle(action, Outcome.SUCCEEDED)

    with pytest.raises(FoldLeaseLostError):
        scene.register.note_acknowledgement(action, CONNECTOR, guid(1), CREATED)
