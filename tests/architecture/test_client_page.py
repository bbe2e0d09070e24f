"""The page about the Exchange client names tests that exist, by names that are unique."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "exchange-client.md"
#: What was met in practice and what is ours beside it.
AT_LEAST = 25
_TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)


def _rows(page: str) -> list[list[str]]:
    """The test names of each row under the heading."""
    table = page.partition("## What the client honours")[2]
    return [re.findall(r"`(test_\w+)`", line) for line in table.splitlines() if line.startswith("| ")][1:]


def _tests(folder: Path) -> Counter[str]:
    return Counter(name for path in folder.rglob("test_*.py") for name in _TEST.findall(path.read_text("utf-8")))


def test_each_behaviour_of_the_client_is_shown_by_tests_that_exist() -> None:
    rows, tests = _rows(PAGE.read_text("utf-8")), _tests(ROOT / "tests")

    behaviours = [row for row in rows if row]
    assert len(behaviours) >= AT_LEAST
    assert sorted({name for row in behaviours for name in row if tests[name] != 1}) == []


def test_a_missing_and_a_doubled_name_are_found(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_one() -> None: ...\ndef test_two() -> None: ...\n")
    (tmp_path / "test_b.py").write_text("def test_two() -> None: ...\n")
    page = (
        "## What the client honours\n| behaviour | shown by |\n| --- | --- |\n| a | `test_one`, `test_two`, `test_no` |"
    )

    ((*named,),) = [row for row in _rows(page) if row]
    tests = _tests(tmp_path)

    assert [tests[name] for name in named] == [1, 2, 0]
