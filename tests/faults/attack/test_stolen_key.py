"""One attack of the campaign as it is run, with its control: the brakes are not the requester's."""

import pytest

from tests.faults.attack.campaign import run_one
from tests.faults.attack.widens_brakes import ATTACK
from tests.faults.kill_points import to_stderr


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(400)
def test_a_stolen_key_that_widens_the_brakes_wipes_no_more_and_would_without_the_second_person() -> None:
    result = run_one(ATTACK, seed=7, tell=to_stderr)

    assert result.held, result.defended
    assert result.control_succeeded, result.control
