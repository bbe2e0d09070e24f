"""The page of refusals shows the table of the code."""

from pathlib import Path

from exconn.contracts.refusals import REFUSALS

PAGE = Path(__file__).parents[3] / "docs" / "refusals.md"


def test_the_page_has_the_rows_of_the_code_and_no_others() -> None:
    rows = [
        f"| `{word}` | {row.status} | {row.exit_code} | {'yes' if row.passing else 'no'} | {row.meaning} |"
        for word, row in REFUSALS.items()
    ]

    shown = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]

    assert shown == rows
