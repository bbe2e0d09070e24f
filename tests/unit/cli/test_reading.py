"""What `sweeps show` says of a reading."""

from typing import Any

import pytest

from exconn.cli.reading import MOST_SHOWN, in_lines, in_short

COMPLETE: dict[str, Any] = {
    "job": "sweep-abcdefghijklmnop",
    "complete": True,
    "unread_parts": 0,
    "unread_mailboxes": 0,
    "list_errors": 0,
    "without_guid": 0,
    "unreadable": 0,
    "kinds": {},
    "missing": [],
}


def test_a_complete_reading_is_one_word() -> None:
    assert in_short(COMPLETE) == "complete"
    assert list(in_lines(COMPLETE, "contoso")) == []


def test_a_sweep_that_is_not_finished_says_nothing_of_its_reading() -> None:
    unfinished = COMPLETE | {"complete": None}

    assert (in_short(unfinished), list(in_lines(unfinished, "contoso"))) == ("not known yet", [])


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"unread_mailboxes": 1}, "not complete: 1 mailbox not read"),
        ({"unread_mailboxes": 2, "list_errors": 1}, "not complete: 2 mailboxes not read, 1 error in the lists"),
        ({"without_guid": 1, "unreadable": 3}, "not complete: 1 object without Guid, 3 unreadable objects"),
        ({"unread_parts": 1}, "not complete: 1 part not read"),
        ({}, "not complete: what is missing was not noted"),
    ],
)
def test_a_reading_that_lacks_something_says_how_many_of_what(counts: dict[str, int], said: str) -> None:
    assert in_short(COMPLETE | {"complete": False} | counts) == said


def test_what_is_missing_is_named_within_80_columns_with_the_next_command() -> None:
    missing = [
        {"place": "unread_mailbox", "name": f"{number}" + "x" * 200, "kind": "MapiException"} for number in range(30)
    ]
    reading = COMPLETE | {
        "complete": False,
        "unread_mailboxes": 30,
        "kinds": {"MapiException": 28, "K" * 80: 2},
        "missing": missing,
    }

    lines = list(in_lines(reading, "contoso"))

    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("  mailbox") for line in lines) == MOST_SHOWN
    assert "  MapiException  28" in lines
    assert f"  and {30 - MOST_SHOWN} more: exconn sweeps show sweep-abcdefghijklmnop --json" in lines
    assert lines[-1] == "  exconn sweeps start full contoso"
