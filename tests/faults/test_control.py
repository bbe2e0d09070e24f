"""The control goes through the judge of our own jobs."""

from datetime import UTC, datetime

import pytest

from tests.faults.control import judge_stock
from tests.faults.report import ControlFigures
from tests.support.fault_runs.evidence import Clear

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("executed", "lost", "doubled"),
    [
        (["one", "two"], 0, 0),
        (["two"], 1, 0),
        (["one", "two", "two"], 0, 1),
        (["two", "two"], 1, 1),
        (["one", "two", "of another run"], 0, 0),
        ([], 2, 0),
    ],
)
def test_a_stock_task_is_lost_without_its_cmdlet_and_doubled_with_two(
    executed: list[str], lost: int, doubled: int
) -> None:
    found = judge_stock(["one", "two"], [Clear(guid=guid, at=NOON) for guid in executed])

    assert found == ControlFigures(trials=2, lost=lost, doubled=doubled)
