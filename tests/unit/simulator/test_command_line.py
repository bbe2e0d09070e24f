"""A line of PowerShell, as far as the test-only endpoint understands it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exconn.simulator.errors import CmdletFailed
from exconn.simulator.protocol.clixml import escape, unescape
from exconn.simulator.protocol.command_line import LONGEST_LINE, read_line


def said(line: str) -> list[tuple[str, list[tuple[str | None, Any]]]]:
    return [(c.name, [(a.name, a.value) for a in c.arguments]) for c in read_line(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Get-MobileDevice", [("Get-MobileDevice", [])]),
        ("Get-X -Identity 'it''s' -Max 5", [("Get-X", [("-Identity", "it's"), ("-Max", 5)])]),
        ('Get-X "two words" -Force', [("Get-X", [(None, "two words"), ("-Force", None)])]),
        (
            "Set-X -Confirm:$false -On $TRUE -No $null",
            [("Set-X", [("-Confirm:", False), ("-On", True), ("-No", None)])],
        ),
        ("Set-X a@b.example -L 'a','b', c", [("Set-X", [(None, "a@b.example"), ("-L", ["a", "b", "c"])])]),
        ("Set-X -L @('a', 2) -E @()", [("Set-X", [("-L", ["a", 2]), ("-E", [])])]),
        ("Set-X -L @{Add='a','b'; Remove=c}", [("Set-X", [("-L", {"Add": ["a", "b"], "Remove": "c"})])]),
        ("'text'", [("Write-Output", [("InputObject", "text")])]),
        ("Get-X | select -First 2", [("Get-X", []), ("Select-Object", [("-First", 2)])]),
        (" ; Get-X ;; Get-Y ; ", [("Get-X", []), ("Get-Y", [])]),
        ("", []),
    ],
)
def test_lines_of_cmdlets_and_literals_are_understood(line: str, expected: object) -> None:
    assert said(line) == expected


def test_statements_end_where_the_line_says() -> None:
    assert [c.ends_statement for c in read_line("Get-X | Get-Y; Get-Z")] == [False, True, True]


@pytest.mark.parametrize(
    "line",
    [
        "$x = 5",
        "Get-X | % { $_.Name }",
        "Get-X $(Get-Date)",
        'Get-X "$env:PATH"',
        "[System.IO.File]::Delete('x') | Out-Null; (1+1)",
        "& 'calc.exe'",
        "Get-X > file",
        "Get-X |",
        "Get-X -L @('a'",
        "'unended",
        "`n",
        "Get-X;" * 20,
        "x " * LONGEST_LINE,
    ],
)
def test_everything_else_is_refused_and_never_guessed(line: str) -> None:
    with pytest.raises(CmdletFailed, match="understands cmdlets with parameters and literals only"):
        read_line(line)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(line: str) -> None:
    try:
        read_line(line)
    except CmdletFailed:
        return


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters='&<>"', exclude_categories=["Cs"]), max_size=40))
def test_what_is_escaped_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text
