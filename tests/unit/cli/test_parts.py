"""The pure parts of the command line."""

import json
from datetime import timedelta
from typing import Any

import pytest

from exconn.cli.command_errors import CommandError
from exconn.cli.following import duration_of
from exconn.cli.output import Output, moment, plain
from exconn.cli.status import problems_of


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


def overview(**changes: Any) -> dict[str, Any]:
    connector = {"name": "north", "state": "installed", "armed": ["actions"], "last_error": None}
    names = ("coordinator", "intake", "discovery", "actions")
    healthy: dict[str, Any] = {
        "alarms": [],
        "ledger": "reachable",
        "projector": {"lag": 0.1},
        "connectors": [connector],
        "workers": [{"service": name, "alive": True} for name in names],
    }
    return healthy | changes


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ledger": "unreachable"}, "EXCONN_LEDGER_URL"),
        ({"projector": {"lag": 61}}, "61 s old"),
        ({"workers": []}, "exconn run actions"),
        ({"alarms": [{"text": "gap", "remedy": "look"}]}, "gap: look"),
        (
            {"connectors": [{"name": "n", "state": "flagged", "armed": [], "last_error": "no answer"}]},
            "exconn connector show n",
        ),
    ],
)
def test_what_needs_a_person_is_told_with_the_next_step(changes: dict[str, Any], problem: str) -> None:
    assert problems_of(overview()) == []
    assert any(problem in told for told in problems_of(overview(**changes)))
