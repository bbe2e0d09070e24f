"""A small campaign of faults at every place in the life of a wipe, with its control."""

from pathlib import Path

import pytest

from tests.faults.kill_points import run, to_stderr
from tests.support.fault_runs.points import POINTS

#: A partnership that is made anew is looked for three times, 20 seconds apart: that is for the long campaign.
FORMS = ("same_object",)


@pytest.mark.long
@pytest.mark.faults
@pytest.mark.timeout(900)
def test_wipes_survive_a_fault_at_every_place_of_their_lives(tmp_path: Path) -> None:
    trials = len(POINTS) + 2

    figures = run(trials, seed=11, tell=to_stderr, folder=tmp_path / "cluster", control=2, forms=FORMS)

    assert (figures.lost, figures.doubled, figures.unaudited, figures.stale, figures.illegal) == (0, 0, 0, 0, 0)
    assert list(figures.never_struck) == []
    # A worker that dies takes the jobs beside it along; those may then miss their own place to die.
    assert figures.kills + figures.faults["workers_frozen"] >= trials - 3
    assert (figures.control.lost, figures.control.doubled) == (1, 1)
    assert figures.passed
