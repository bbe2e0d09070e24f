"""The files stay small, taken together, and the measure sees it when they do not."""

from pathlib import Path

import pytest

from tests.architecture.project import PROJECT
from tests.architecture.sizes import broken_promises
from tests.architecture.source_tree import SourceTree


def tree_of(root: Path, *lengths: int) -> SourceTree:
    folder = root / "shared" / "exconn" / "ledger"
    folder.mkdir(parents=True)
    for number, lines in enumerate(lengths):
        (folder / f"part{number}.py").write_text("a = 1\n" * lines)
    return SourceTree(root)


def test_half_of_the_files_are_read_on_two_screens_and_nine_in_ten_on_five() -> None:
    assert list(broken_promises(PROJECT)) == []


@pytest.mark.parametrize(
    ("lengths", "said"),
    [([91, 91, 10], "more than 91 lines"), ([10] * 8 + [251], "1 of 9 files have more than 250 lines")],
    ids=["median", "one in ten"],
)
def test_files_that_grow_are_seen(tmp_path: Path, lengths: list[int], said: str) -> None:
    (found,) = broken_promises(tree_of(tmp_path, *lengths))

    assert said in found


def test_files_of_just_the_promised_length_pass(tmp_path: Path) -> None:
    assert list(broken_promises(tree_of(tmp_path, *[90] * 9, 251))) == []
