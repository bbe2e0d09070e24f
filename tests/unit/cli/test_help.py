"""Every command explains itself, with an example, at 80 columns."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from exconn.cli.main import NOUNS, application, main


def _leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", {})
    for name, child in children.items():
        yield from _leaves(child, (*path, name))
    if not children:
        yield path, command


COMMANDS = dict(_leaves(typer.main.get_command(application(""))))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_command_has_one_example_of_itself(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]

    assert command.help
    assert re.match(rf"^Example: exconn {' '.join(path)}( |$)", command.epilog or "")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_fits_80_columns(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", "80")

    assert main([*path, "--help"]) == 0

    assert all(len(line) <= 80 for line in capsys.readouterr().out.splitlines())


def test_every_noun_of_the_tree_is_there() -> None:
    assert {path[0] for path in COMMANDS} == set(NOUNS)


def test_typed_noun_is_loaded_alone() -> None:
    assert {path[0] for path, _ in _leaves(typer.main.get_command(application("devices")))} == {"devices"}


@pytest.mark.parametrize(
    ("typed", "help_"),
    [
        (("problems", "acknowledge"), "see exconn problems acknowledge --help"),
        (("sweeps", "start", "half"), "see exconn sweeps start --help"),
        (("--json", "devices", "wipe", "--nope"), "see exconn devices wipe --help"),
        (("nothing",), "see exconn --help"),
    ],
    ids=["argument missing", "unknown below", "unknown option", "unknown noun"],
)
def test_mistyped_command_names_the_help_that_fits(
    typed: tuple[str, ...], help_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*typed]) == 2

    assert capsys.readouterr().err.strip().endswith(help_)
