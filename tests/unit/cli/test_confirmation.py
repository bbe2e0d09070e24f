"""A destructive command goes on only when somebody at a terminal says yes."""

import io

import pytest

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.confirmation import confirm
from exconn.cli.session import CommandSession


class Terminal(io.StringIO):
    """Standard input with a person behind it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed", ["y\n", "YES\n", " y \n"])
def test_yes_goes_on(typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    confirm(CommandSession(), "Erase it?", yes=False)

    assert capsys.readouterr().err == "Erase it? [y/N] "


@pytest.mark.parametrize("typed", ["", "\n", "n\n", "yo\n", "yes please\n"])
def test_anything_else_stops(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    with pytest.raises(CommandError) as caught:
        confirm(CommandSession(), "Erase it?", yes=False)

    assert caught.value.code is ExitCode.REFUSED


@pytest.mark.parametrize("session", [CommandSession(as_json=True), CommandSession(quiet=True)])
def test_programs_are_not_asked(session: CommandSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))

    with pytest.raises(CommandError, match="--yes"):
        confirm(session, "Erase it?", yes=False)
