"""A pytest plugin: at the end of a run, one line for each part that was missing, with how many tests it skipped."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the lines, the part that skipped most first."""
    reasons = Counter(map(_reason, terminalreporter.stats.get("skipped", [])))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"skipped {count} {'test' if count == 1 else 'tests'}: {reason}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    # Of a skipped test this is the file, the line, and the reason.
    _, _, reason = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, str(report.longrepr))
    return str(reason).removeprefix("Skipped: ")
