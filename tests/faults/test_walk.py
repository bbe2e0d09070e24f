"""A short random walk over the ledger's calls, and that it finds bugs that are put in."""

import pytest

from tests.faults.kill_points import to_stderr
from tests.faults.walk import run


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_walk_with_killed_servers_and_lost_messages_leaves_every_index_right() -> None:
    figures = run(5_000, seed=3, tell=to_stderr)

    assert figures.violations == 0
    assert figures.kills >= 1
    assert figures.jobs > 100


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "plant", ["settle-leaves-due", "claim-ignores-lease", "begin-ignores-switch", "superseded-stays"]
)
def test_a_walk_finds_a_bug_that_is_put_into_the_ledger(plant: str) -> None:
    assert run(20_000, seed=3, tell=to_stderr, plant=plant).violations > 0
