"""The glossary gives each word one meaning, and has the words that the code is built on."""

import re
from collections import Counter
from pathlib import Path

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
ROWS = re.findall(r"^\| ([a-z][a-z -]+) \| (.+) \|$", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
WORDS = [word for word, _ in ROWS if word != "word"]


def test_no_word_has_two_meanings() -> None:
    assert [word for word, times in Counter(WORDS).items() if times > 1] == []


def test_states_and_outcomes_of_the_ledger_are_explained() -> None:
    from exconn.ledger.job import Outcome, State

    meanings = dict(ROWS)

    assert set(meanings["state"].rstrip(".").partition(": ")[2].split(", ")) == {state.value for state in State}
    assert set(meanings["outcome"].rstrip(".").partition(": ")[2].split(", ")) == {o.value for o in Outcome}
