"""The list of checks in the documents and the tests that carry their names are the same."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "simulator.md"
ROW = re.compile(r"^\| (?P<check>[a-z][^|]+) \| (?P<what>[^|]+) \| (?P<tests>`.+`) \|$", re.MULTILINE)


def listed() -> dict[str, set[str]]:
    """Check to tests, as the page has them."""
    rows = list(ROW.finditer(PAGE.read_text("utf-8")))
    found = {row["check"]: set(re.findall(r"`([^`]+)`", row["tests"])) for row in rows}
    assert len(found) == len(rows), "a check is listed twice"
    return found


def carried() -> dict[str, set[str]]:
    """Check to tests, as the tests say."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for check, test in _marks(ast.parse(path.read_text("utf-8"))):
            found.setdefault(check, set()).add(test)
    return found


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.check":
                    yield ast.literal_eval(mark.args[0]), node.name


def test_each_listed_check_is_carried_by_its_tests_and_no_other() -> None:
    assert listed() == carried()


def test_every_point_of_the_suite_is_there() -> None:
    assert len(carried()) == len(listed()) >= 36
