"""The short form: each world to its end without a violation, and each planted fault found and told."""

import re
from pathlib import Path

import pytest

from tests.model.fail_over import KNOWN_LOSSES
from tests.model.invariants import INVARIANTS
from tests.model.rules import DEFECTS, MUTATIONS
from tests.model.search import Search
from tests.model.worlds import PLANTED, SHORT, unconfirmed


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


@pytest.mark.slow
def test_a_fail_over_without_confirmation_loses_what_is_known_to_be_lost_and_nothing_else() -> None:
    found = Search(unconfirmed()).run()

    assert {sentence for sentence, _ in found.told} == set(KNOWN_LOSSES)


def test_the_documentation_has_the_invariants_of_the_code() -> None:
    text = (Path(__file__).parents[2] / "docs/model.md").read_text(encoding="utf-8")

    table = re.search(r"\| invariant \| .*\n\| --- .*\n((?:\|.*\n)+)", text)

    assert table is not None
    assert table[1].splitlines() == [f"| {name} | {meaning} |" for name, meaning in INVARIANTS.items()]
