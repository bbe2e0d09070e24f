"""Every bug that can be planted for the walk has its place in the ledger's functions."""

import pytest

from exconn.ledger import lua
from tests.support.fault_runs.walk.plants import PLANTS, planted


@pytest.mark.parametrize("bug", PLANTS)
def test_a_planted_bug_makes_other_functions_and_goes_again(bug: str) -> None:
    sound = lua.library().digest

    with planted(bug):
        assert lua.library().digest != sound

    assert lua.library().digest == sound
