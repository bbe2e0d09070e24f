"""What to watch, on the operations page, is the table of problems of the code."""

from pathlib import Path

from exconn.monitor.problems import PROBLEMS

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"


def test_the_page_has_the_rows_of_the_code_and_no_others() -> None:
    rows = [
        f"| `{code.value}` | {row.severity.value} | {row.text} | {row.meaning} | {row.remedy} |"
        for code, row in PROBLEMS.items()
    ]

    text = PAGE.read_text(encoding="utf-8")
    watched = text[text.index("## What to watch") : text.index("## When Exchange refuses")]
    shown = [line for line in watched.splitlines() if line.startswith("| `") and line.count("|") > 4]

    assert shown == rows
