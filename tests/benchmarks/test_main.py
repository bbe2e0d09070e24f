"""A benchmark that misses its goal says so, to people and to programs."""

import json

import pytest

from tests.benchmarks.__main__ import BENCHMARKS, main
from tests.benchmarks.report import Report, compare, compare_size

GOAL = 2.0


def measured(*, speed: float, size: float) -> Report:
    """A benchmark of two figures, each with the reference 1."""
    figures = (
        compare("jobs a second", [speed], [1.0], goal=GOAL),
        compare_size("peak kB", size, 1.0, goal=GOAL),
    )
    return Report(name="made up", seed=0, n=1, figures=figures)


@pytest.mark.parametrize(
    ("speed", "size", "met"),
    [
        pytest.param(2.0, 2.0, [True, True], id="just met"),
        pytest.param(1.99, 2.0, [False, True], id="too slow"),
        pytest.param(2.0, 2.01, [True, False], id="too large"),
        pytest.param(0.1, 9.0, [False, False], id="both"),
    ],
)
def test_a_figure_that_misses_its_goal_is_reported_and_ends_the_program_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], speed: float, size: float, met: list[bool]
) -> None:
    monkeypatch.setitem(BENCHMARKS, "made up", lambda _rounds, _n, _tell: measured(speed=speed, size=size))

    codes = main(["made up"]), main(["made up", "--json"])

    table, _, line = capsys.readouterr().out.strip().rpartition("\n")
    assert codes == ((0, 0) if all(met) else (1, 1))
    assert [figure["met"] for figure in json.loads(line)["figures"]] == met
    assert [row.endswith("(goal 2, met)") for row in table.splitlines()[1:]] == met
    assert [row.endswith("(goal 2, missed)") for row in table.splitlines()[1:]] == [not each for each in met]
