"""The list of assumptions is complete, and each of its rules is seen to catch what it forbids."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.assumptions import marks_have_rows, named_files_exist, rows_are_complete
from tests.architecture.project import PROJECT
from tests.architecture.source_tree import SourceTree, Violation

Guard = Callable[[SourceTree], Iterator[Violation]]
ROW = "| It is so | `exchange/error_mapping.py` | one more read | read it |\n"
CODE = {"shared/exconn/exchange/error_mapping.py": '"""Errors."""\n# The code is recalled.\n'}


def planted(root: Path, page: str, code: dict[str, str]) -> SourceTree:
    for name, text in {"docs/assumptions.md": page, **code}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return SourceTree(root)


@pytest.mark.parametrize("guard", [named_files_exist, rows_are_complete, marks_have_rows])
def test_the_list_of_assumptions_is_complete(guard: Guard, tmp_path: Path) -> None:
    assert [str(violation) for violation in guard(PROJECT)] == []
    assert list(guard(planted(tmp_path, ROW, CODE))) == []


@pytest.mark.parametrize(
    ("guard", "page", "code"),
    [
        pytest.param(named_files_exist, ROW.replace("error_mapping", "gone"), CODE, id="a file that is not there"),
        pytest.param(rows_are_complete, ROW.replace(" read it ", "  "), CODE, id="a row without a check"),
        pytest.param(
            rows_are_complete, ROW.replace("`exchange/error_mapping.py`", "somewhere"), CODE, id="a row without a file"
        ),
        pytest.param(rows_are_complete, "- The simulator makes it up.\n", {}, id="a point without a file"),
        pytest.param(marks_have_rows, "", CODE, id="a mark in a comment without a row"),
        pytest.param(
            marks_have_rows, ROW, {"services/exconn/actions/x.py": '"""Assumed: so."""\n'}, id="a mark in a docstring"
        ),
    ],
)
def test_what_is_missing_is_found(tmp_path: Path, guard: Guard, page: str, code: dict[str, str]) -> None:
    assert len(list(guard(planted(tmp_path, page, code)))) == 1


def test_the_word_in_code_is_no_mark(tmp_path: Path) -> None:
    code = {"shared/exconn/exchange/x.py": '"""X."""\nrecalled = "recalled"\n'}

    assert list(marks_have_rows(planted(tmp_path, "", code))) == []
