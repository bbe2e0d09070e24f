"""Checks the summary of `./run demo --once --json --folder FOLDER`, its record, that nobody else may read its files,
and that it left no process behind.

Usage: python -m tests.support.system.demo_summary SUMMARY_FILE ENVIRONMENT_DIRECTORY FOLDER.
Every expectation is one row of a table.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.fault_runs.evidence import status_messages
from tests.support.machine.processes import comes_true
from tests.support.streams.traces import check_record

FEWEST_DEVICES = 300
ENDED_WITHIN = timedelta(seconds=10)
#: Each look reads the command lines of the whole machine.
LOOK_EVERY = timedelta(seconds=0.2)

#: What is looked at (a path into the summary), what it must be, and the check.
EXPECTATIONS: list[tuple[str, str, Callable[[Any, dict[str, Any]], bool]]] = [
    ("connector.state", "installed", lambda found, _: found == "installed"),
    ("connector.status_id", "1015", lambda found, _: found == 1015),
    ("discovery.devices", "all that are expected", lambda found, all_: found == all_["discovery"].get("expected")),
    ("discovery.expected", f"at least {FEWEST_DEVICES}", lambda found, _: found >= FEWEST_DEVICES),
    ("policy.drift_before", "more than 0", lambda found, _: found > 0),
    ("policy.drift_after", "0", lambda found, _: found == 0),
    ("wipe.state", "acknowledged", lambda found, _: found == "acknowledged"),
    ("wipe.clear_cmdlets", "1", lambda found, _: found == 1),
]


def value_at(summary: dict[str, Any], path: str) -> Any:
    value: Any = summary
    for name in path.split("."):
        value = value[name]
    return value


def unmet(summary: dict[str, Any]) -> list[str]:
    """One sentence for each expectation that the summary does not meet."""
    problems = []
    for path, wanted, holds in EXPECTATIONS:
        try:
            found = value_at(summary, path)
        except (KeyError, TypeError):
            problems.append(f"{path} is missing")
            continue
        if not holds(found, summary):
            problems.append(f"{path} is {found!r}, expected {wanted}")
    return problems


def left_running(environment: str) -> list[str]:
    """Command lines of other processes that use the environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if f"{environment}/" in command and int(path.parent.name) != os.getpid():
            found.append(command)
    return found


def unlawful(folder: Path) -> list[str]:
    """What is illegal in the record that the demo's ledger kept; it has to have one."""
    messages = status_messages(folder / "valkey")
    return check_record(messages) if messages else [f"there is no record in {folder}"]


def found_by_monitor(folder: Path) -> list[str]:
    """What its monitor found in the record of a run in which nobody forged or lost anything."""
    with closing(sqlite3.connect(f"file:{folder / 'monitor.db'}?mode=ro", uri=True)) as database:
        return [f"found: {text}" for (text,) in database.execute("SELECT text FROM alarms")]


def readable_by_others(folder: Path) -> list[str]:
    """Files of the demo that another user of the machine may read; the folder itself being closed does not count."""
    return [f"others may read {path}" for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]


def main(arguments: list[str]) -> int:
    summary_file, environment, folder = arguments
    summary = json.loads(Path(summary_file).read_text(encoding="utf-8"))
    comes_true(lambda: not left_running(environment), ENDED_WITHIN, every=LOOK_EVERY)
    problems = [
        *unmet(summary),
        *unlawful(Path(folder)),
        *found_by_monitor(Path(folder)),
        *readable_by_others(Path(folder)),
        *(f"still running: {command}" for command in left_running(environment)),
    ]
    sys.stdout.write("".join(f"demo: {problem}\n" for problem in problems) or "demo: as expected\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
