"""The check of the demo's summary lets a good one pass and names what is wrong in another."""

import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.machine.processes import ChildProcesses, wait_until
from tests.support.system.demo_summary import left_running, unlawful, unmet

GOOD: dict[str, Any] = {
    "connector": {"state": "installed", "status_id": 1015},
    "discovery": {"devices": 320, "expected": 320},
    "policy": {"drift_before": 3, "drift_after": 0},
    "wipe": {"state": "acknowledged", "clear_cmdlets": 1},
}


def test_a_good_summary_meets_all() -> None:
    assert unmet(GOOD) == []


@pytest.mark.parametrize(
    ("part", "name", "value", "problem"),
    [
        ("connector", "status_id", 1016, "connector.status_id is 1016, expected 1015"),
        ("discovery", "devices", 319, "discovery.devices is 319, expected all that are expected"),
        ("policy", "drift_before", 0, "policy.drift_before is 0, expected more than 0"),
        ("policy", "drift_after", 1, "policy.drift_after is 1, expected 0"),
        ("wipe", "state", "sent", "wipe.state is 'sent', expected acknowledged"),
        ("wipe", "clear_cmdlets", 2, "wipe.clear_cmdlets is 2, expected 1"),
    ],
)
def test_a_wrong_value_is_named(part: str, name: str, value: object, problem: str) -> None:
    summary = copy.deepcopy(GOOD)
    summary[part][name] = value

    assert unmet(summary) == [problem]


def test_missing_parts_are_named_and_no_reason_to_stop() -> None:
    problems = unmet({"discovery": {"devices": 3}, "wipe": None})

    assert "connector.state is missing" in problems
    assert "discovery.expected is missing" in problems
    assert "wipe.state is missing" in problems


def test_a_demo_that_left_no_record_is_named(tmp_path: Path) -> None:
    assert unlawful(tmp_path) == [f"there is no record in {tmp_path}"]


def test_an_illegal_record_is_named(tmp_path: Path) -> None:
    fields = {
        "v": 1,
        "seq": 1,
        "n": 11,
        "at": 0,
        "connector": "demo",
        "job": "wipe-1",
        "kind": "wipe",
        "state": "claimed",
    }
    words = ["XADD", "exconn:status", "1-1", *(str(word) for pair in fields.items() for word in pair)]
    command = "".join([f"*{len(words)}\r\n", *(f"${len(word)}\r\n{word}\r\n" for word in words)])
    folder = tmp_path / "valkey" / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof.1.incr.aof").write_text(command, newline="")

    assert "which nobody put in" in unlawful(tmp_path)[0]


def test_a_process_of_the_environment_is_seen_while_it_runs(processes: ChildProcesses) -> None:
    child = processes.start("left", "-c", "import time; time.sleep(60)", "/an/environment/bin/exconn")
    found = wait_until(lambda: left_running("/an/environment"), timedelta(seconds=5), "the process to be seen")
    child.kill()

    assert len(found) == 1
    assert left_running("/an/environment") == []
