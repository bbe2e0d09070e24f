"""The pure parts of the command line."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exconn.cli.command_errors import CommandError
from exconn.cli.following import duration_of
from exconn.cli.job_fields import reasons_below
from exconn.cli.output import Output, clock, moment, plain
from exconn.cli.status import problem_lines


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        (True, "yes"),
        (["a", "b"], "a, b"),
        ("a\x1b[2Jb\nc", "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c"),
        ("right\u202eto left", "right\N{REPLACEMENT CHARACTER}to left"),
        (7, "7"),
    ],
)
def test_values_are_shown_as_one_harmless_line(value: object, text: str) -> None:
    assert plain(value) == text


def test_json_is_ascii_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    name = "Str\u00f6m \x9b31m\u202egpj.exe\x7f"
    out = Output(as_json=True)

    out.json({"name": name})
    one = capsys.readouterr().out
    out.json_line({"name": name})
    line = capsys.readouterr().out

    assert (one + line).replace("\n", "").isprintable()
    assert (one + line).isascii()
    assert json.loads(one) == json.loads(line) == {"name": name}


def test_dates_are_shown_in_utc() -> None:
    assert moment("2026-01-02T03:04:05+02:00") == "2026-01-02 01:04"
    assert moment("2026-01-02T03:04:05") == "2026-01-02 03:04"


@pytest.mark.parametrize(("text", "span"), [("30s", timedelta(seconds=30)), ("72h", timedelta(hours=72))])
def test_durations_carry_their_unit(text: str, span: timedelta) -> None:
    assert duration_of(text) == span


@pytest.mark.parametrize("text", ["", "30", "0s", "-1m", "1.5h", "x", "s"])
def test_other_durations_are_bad_input(text: str) -> None:
    with pytest.raises(CommandError, match="no duration"):
        duration_of(text)


def problem(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "severity": "warning",
        "text": "9 wipes wait for a second person: the circuit breaker is full: too many actions of this sort",
        "since": f"{datetime.now(UTC).year}-11-20T12:00:00Z",
        "connector": "north",
        "command": "exconn brakes show north",
        "remedy": "look at who asked",
    }
    return told | changes


def test_problems_are_told_with_their_next_command_and_fit_the_terminal() -> None:
    critical = problem(severity="critical", connector="", text="no actions process is running", since=None)

    lines = list(problem_lines([critical, problem(), problem(command="", text="x\x1b[2J")], 80))

    assert lines == [
        "3 problems, 1 critical",
        "! no actions process is running",
        "    exconn brakes show north",
        "- north: 9 wipes wait for a second person: the circuit breaker is full: too many",
        "  actions of this sort, since 11-20 12:00",
        "    exconn brakes show north",
        "- north: x\N{REPLACEMENT CHARACTER}[2J, since 11-20 12:00",
        "    look at who asked",
    ]


def test_no_problem_is_healthy() -> None:
    assert list(problem_lines([], 80)) == ["healthy"]


def test_time_of_another_day_is_shown_with_its_day() -> None:
    now = datetime.now(UTC)
    earlier = now - timedelta(days=400)

    assert clock(now.isoformat()) == now.strftime("%H:%M:%S")
    assert clock(earlier.isoformat()) == earlier.strftime("%Y-%m-%d %H:%M:%S")


def test_below_a_list_stands_once_why_jobs_wait_and_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", "40")
    held = {"state": "held", "reason": "use_intune", "reason_text": "no wipe from here reaches it"}
    jobs = [held | {"id": "wipe-a"}, held | {"id": "wipe-b"}, held | {"id": "wipe-c", "state": "settled"}]

    assert list(reasons_below(jobs)) == [
        "held: no wipe from here reaches it",
        "  wipe-a, wipe-b",
        "what a held job needs: exconn jobs show ID",
    ]
    assert list(reasons_below(jobs[2:])) == []
