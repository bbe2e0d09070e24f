"""Which pages are not folded: nothing of them is kept and nothing is emitted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from exconn.contracts import FinaliseFact, ReadingGaps, WaitReason
from exconn.inventory import (
    BackPressure,
    FoldLeaseLostError,
    InventoryError,
    PagePlace,
    Register,
    RegisterFullError,
    RegisterOutOfReachError,
    Superseded,
)
from exconn.keyspace import keys
from exconn.ledger import Lease
from tests.conformance.inventory.scene import CONNECTOR, CREATED, Scene, listed, owner, statistics
from tests.support.machine.valkey import RestartableValkey, free_port

Fold = Callable[[Register, Lease, PagePlace], object]

FOLDS: dict[str, Fold] = {
    "devices": lambda register, lease, place: register.fold_devices(lease, place, [listed(1)]),
    "statistics": lambda register, lease, place: register.fold_statistics(lease, place, [statistics(1)]),
    "owners": lambda register, lease, place: register.fold_owners(lease, place, [owner(1)]),
    "gaps": lambda register, lease, place: register.fold_gaps(
        lease, place, ReadingGaps(unread_mailboxes=1), at="1:0", first=True
    ),
    "finalise": lambda register, lease, place: register.finalise(
        lease, place, FinaliseFact(sweep=place.sweep, devices=1, owners=1, started_at=CREATED)
    ),
}
every_fold = pytest.mark.parametrize("fold", FOLDS.values(), ids=FOLDS)
#: Folded whether or not somebody reads the facts: without them a sweep could not end, or would say too little.
PAGES = {name: fold for name, fold in FOLDS.items() if name not in ("finalise", "gaps")}
every_page = pytest.mark.parametrize("fold", PAGES.values(), ids=PAGES)


def refused(scene: Scene, fold: Fold, lease: Lease, place: PagePlace, error: type[InventoryError]) -> InventoryError:
    """The error of a fold that must leave no trace."""
    before = scene.dump(), scene.records(), scene.text.get(keys.fleet(CONNECTOR))
    with pytest.raises(error) as caught:
        fold(scene.register, lease, place)
    assert (scene.dump(), scene.records(), scene.text.get(keys.fleet(CONNECTOR))) == before
    return caught.value


@every_fold
def test_a_stranger_to_the_job_folds_nothing(scene: Scene, fold: Fold) -> None:
    lease, place = scene.start_sweep()

    for stranger in (replace(lease, token="other"), replace(lease, epoch=9), replace(lease, job_id="sweep-unknown")):
        refused(scene, fold, stranger, place, FoldLeaseLostError)


@every_fold
def test_a_worker_that_gave_the_job_back_folds_nothing(scene: Scene, fold: Fold) -> None:
    lease, place = scene.start_sweep()
    scene.ledger.settle(lease, "failed")

    refused(scene, fold, lease, place, FoldLeaseLostError)


@every_fold
def test_a_page_of_an_older_list_is_not_folded(scene: Scene, fold: Fold) -> None:
    lease, place = scene.start_sweep()
    scene.ledger.restart_list(lease)

    error = refused(scene, fold, lease, place, Superseded)

    assert isinstance(error, Superseded)
    assert error.reason == "generation"


@every_fold
def test_a_sweep_that_was_cancelled_folds_no_more(scene: Scene, fold: Fold) -> None:
    lease, place = scene.start_sweep()
    assert scene.ledger.cancel(lease.job_id, by="boss") == "cancelled"

    refused(scene, fold, lease, place, FoldLeaseLostError)


@every_page
def test_a_part_of_an_older_list_is_not_folded(scene: Scene, fold: Fold) -> None:
    sweep, place = scene.start_sweep()
    part, part_place = scene.start_partition(sweep, place)
    scene.ledger.restart_list(sweep)

    error = refused(scene, fold, part, part_place, Superseded)

    assert isinstance(error, Superseded)
    assert error.reason == "generation"


@every_page
def test_a_part_of_an_ended_sweep_is_not_folded(scene: Scene, fold: Fold) -> None:
    sweep, place = scene.start_sweep()
    part, part_place = scene.start_partition(sweep, place)
    scene.ledger.settle(sweep, "cancelled")

    error = refused(scene, fold, part, part_place, Superseded)

    assert isinstance(error, Superseded)
    assert error.reason == "parent"


@every_page
def test_a_part_of_a_cancelled_sweep_is_not_folded(scene: Scene, fold: Fold) -> None:
    sweep, place = scene.start_sweep()
    part, part_place = scene.start_partition(sweep, place)
    scene.ledger.cancel(sweep.job_id, by="boss")

    refused(scene, fold, part, part_place, Superseded)


@every_page
def test_a_part_of_the_current_list_is_folded(scene: Scene, fold: Fold) -> None:
    sweep, place = scene.start_sweep()
    part, part_place = scene.start_partition(sweep, place)
    scene.register.fold_devices(sweep, place, [listed(1)])
    scene.text.delete(keys.facts(CONNECTOR))

    fold(scene.register, part, part_place)

    assert len(scene.records()) == (0 if fold is FOLDS["devices"] else 1)


@every_page
def test_pages_wait_while_the_reader_of_facts_is_behind(scene: Scene, fold: Fold) -> None:
    lease, place = scene.start_sweep()
    scene.register = Register(scene.raw, high_water=2)
    for number in (101, 102):
        scene.register.fold_devices(lease, place, [listed(number)])

    error = refused(scene, fold, lease, place, BackPressure)

    assert isinstance(error, BackPressure)
    assert (error.length, error.high_water) == (2, 2)


def test_a_sweep_is_closed_although_the_reader_of_facts_is_behind(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    scene.register = Register(scene.raw, high_water=1)
    scene.register.fold_devices(lease, place, [listed(1)])

    FOLDS["finalise"](scene.register, lease, place)

    assert len(scene.records()) == 2


@every_fold
def test_a_full_server_refuses_pages_and_keeps_jobs_going(tmp_path: Path, fold: Fold) -> None:
    with RestartableValkey(tmp_path / "valkey") as server, server.client() as text:
        scene = Scene(text, server.client(decode_responses=False))
        with scene.raw:
            lease, place = scene.start_sweep()
            scene.register.fold_devices(lease, place, [listed(2)])
            server.config_set("maxmemory", "1")

            refused(scene, fold, lease, place, RegisterFullError)
            scene.ledger.defer(lease, scene.ledger.lease, reason=WaitReason.LEDGER_FULL)

            assert scene.ledger.job(lease.job_id) is not None


def test_a_server_that_is_gone_is_a_typed_error() -> None:
    with redis.Redis(port=free_port(), socket_connect_timeout=1) as nowhere:
        register = Register(nowhere)

        with pytest.raises(RegisterOutOfReachError, match="safe to try again"):
            register.look(CONNECTOR, "11111111-2222-3333-4444-555555555555")
