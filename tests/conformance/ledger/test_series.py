"""Of a series, one job is open at a time."""

import pytest

from exconn.contracts import Checks, Kind
from exconn.keyspace import keys
from exconn.ledger import OpenActionError
from tests.conformance.ledger.scene import CONNECTOR, Scene

SWEEP = {"kind": Kind.SWEEP, "checks": Checks.NONE, "series": "full sweeps"}


def test_a_second_one_is_refused_and_uses_up_no_key(scene: Scene) -> None:
    first = scene.insert(**SWEEP)
    before = scene.everything()

    with pytest.raises(OpenActionError, match=first):
        scene.insert(**SWEEP)

    assert scene.everything() == before
    assert scene.ledger.open_of(CONNECTOR, "full sweeps") == first


@pytest.mark.parametrize("end", ["settled", "cancelled"])
def test_the_next_one_is_taken_when_the_first_has_ended(scene: Scene, end: str) -> None:
    first = scene.insert(**SWEEP)
    if end == "settled":
        scene.ledger.settle(scene.claim(first), "failed")
    else:
        scene.ledger.cancel(first, by="boss")

    second = scene.insert(**SWEEP)

    assert scene.ledger.open_of(CONNECTOR, "full sweeps") == second


def test_other_connectors_and_other_series_do_not_matter(scene: Scene) -> None:
    scene.insert(**SWEEP)

    assert scene.insert(**SWEEP | {"connector": "branch"})
    assert scene.insert(**SWEEP | {"series": "quick sweeps"})
    assert scene.client.hlen(keys.series(CONNECTOR)) == 2
