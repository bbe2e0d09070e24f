"""What a page lists with the tests that show it, and what the marks of the tests say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "simulator.md"


def listed(name: str) -> dict[str, set[str]]:
    """Name to tests, of the page's rows of three cells whose first one is of this form and whose last one is tests."""
    row = re.compile(rf"^\| (?P<name>{name}) \| (?P<what>[^|]+) \| (?P<tests>`test_.+`) \|$", re.MULTILINE)
    rows = list(row.finditer(PAGE.read_text("utf-8")))
    found = {each["name"]: set(re.findall(r"`([^`]+)`", each["tests"])) for each in rows}
    assert len(found) == len(rows), "something is listed twice"
    return found


def carried(mark: str) -> dict[str, set[str]]:
    """What this mark says, to the tests that carry it."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for said, test in _marks(ast.parse(path.read_text("utf-8")), f"pytest.mark.{mark}"):
            found.setdefault(said, set()).add(test)
    return found


def _marks(module: ast.Module, mark: str) -> Iterator[tuple[str, str]]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == mark:
                    yield from ((ast.literal_eval(said), node.name) for said in decorator.args)
