"""The published form of a benchmark's figures."""

import json

import pytest

from tests.benchmarks.report import Report, compare, compare_size


def test_the_ratio_is_the_median_of_the_rounds_and_not_of_the_rates() -> None:
    figure = compare("x", [100.0, 10.0, 30.0], [50.0, 10.0, 10.0], goal=2)

    assert (figure.ratio, figure.met) == (2.0, True)


def test_a_goal_that_is_missed_fails_the_report() -> None:
    figures = (compare("a", [3.0], [1.0], goal=2), compare("b", [1.0], [1.0], goal=2))

    assert not Report(name="n", seed=0, n=1, figures=figures).met


@pytest.mark.parametrize(("ours", "met"), [(109, True), (111, False)])
def test_less_is_better_for_a_size(ours: float, met: bool) -> None:
    assert compare_size("a", ours, 100, goal=1.1).met is met


def test_the_figures_have_exactly_the_published_fields() -> None:
    report = Report(name="actions", seed=0, n=5, figures=(compare("a", [3.0], [1.0], goal=2),))

    found = json.loads(report.as_json())

    assert set(found) == {"name", "seed", "n", "figures"}
    assert set(found["figures"][0]) == {"what", "ours", "reference", "ratio", "goal", "met"}
    assert "goal 2, met" in report.as_table()
