"""The short form: each world to its end without a violation, and each planted fault found and told."""

import pytest

from tests.model.__main__ import PLANTED, SHORT
from tests.model.rules import DEFECTS, MUTATIONS
from tests.model.search import Search


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_a_short_world_is_searched_to_its_end_and_nothing_is_violated(name: str) -> None:
    found = Search(SHORT[name]()).run()

    assert found.complete
    assert found.told == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_and_told_step_by_step(name: str) -> None:
    rules = {**MUTATIONS, **DEFECTS}[name]

    found = Search(PLANTED[name](rules), until_violated=True).run()

    assert found.violations
    assert found.told[0][1]
