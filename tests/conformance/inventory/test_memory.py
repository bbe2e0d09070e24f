"""What the register costs, measured on the real server: at most 120 MB for a million devices and their owners."""

from typing import cast

import pytest

from exconn.inventory import MOST_ELEMENTS, ListedDevice, layout
from exconn.keyspace import keys
from tests.conformance.inventory.scene import CONNECTOR, Scene, guid, listed, owner, statistics

BUDGET_PER_DEVICE = 120
#: As many in a bucket as there are when a million devices are spread over all of them.
BUCKETS, IN_A_BUCKET = 40, 61


@pytest.fixture(scope="module")
def guids() -> list[str]:
    """Crowded into the first buckets, as densely as those of a million devices."""
    return [f"{(n % BUCKETS) << 2:04x}{guid(n)[4:]}" for n in range(BUCKETS * IN_A_BUCKET)]


def held(scene: Scene) -> int:
    """Bytes of all keys of the register, buckets and words."""
    names = [*scene.text.scan_iter("exconn:register*", count=1000)]
    return sum(cast("int", scene.text.memory_usage(name, samples=0)) for name in names)


def test_a_million_devices_fit_the_budget(scene: Scene, guids: list[str]) -> None:
    lease, place = scene.start_sweep()
    for start in range(0, len(guids), MOST_ELEMENTS):
        page = guids[start : start + MOST_ELEMENTS]
        scene.register.fold_owners(lease, place, [owner(0, guid=one) for one in page])
        scene.register.fold_devices(lease, place, [listed(0, guid=one, owner=one) for one in page])
        scene.register.fold_statistics(lease, place, [statistics(0, guid=one) for one in page])

    per_device = held(scene) / len(guids)

    assert 90 < per_device <= BUDGET_PER_DEVICE


def test_buckets_stay_compact_when_devices_were_wiped_before(scene: Scene, guids: list[str]) -> None:
    lease, place = scene.start_sweep()
    page = guids[:MOST_ELEMENTS]
    scene.register.fold_devices(lease, place, [listed(0, guid=one) for one in page])

    created = listed(0).fact.created
    assert created is not None
    fraction = created.replace(microsecond=7)
    scene.register.fold_devices(lease, place, [listed(0, guid=one, created=fraction) for one in page])
    scene.register.fold_statistics(lease, place, [statistics(0, guid=one, wipe_acknowledged=fraction) for one in page])

    encodings = {scene.text.object("encoding", name) for name in scene.text.scan_iter("exconn:register:hq:d*")}
    assert encodings == {"listpack"}


def test_words_that_devices_invent_are_bounded(scene: Scene) -> None:
    lease, place = scene.start_sweep()
    words = keys.register_words(CONNECTOR)
    scene.text.hset(words, "make#", layout.MOST_MAKES)

    scene.register.fold_devices(
        lease, place, [ListedDevice(fact=listed(n).fact.model_copy(update={"user_agent": "x" * n})) for n in range(99)]
    )

    entry = scene.register.look(CONNECTOR, guid(5))
    assert entry is not None
    assert (entry.user_agent, entry.model, entry.access_state) == ("", "", "Allowed")
    assert scene.text.hlen(words) == 4
