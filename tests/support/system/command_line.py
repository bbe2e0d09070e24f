"""A line that a person is told to type, parsed as the command line parses it, but not run."""

import shlex
from functools import cache
from typing import Any

import typer.main

from exconn.cli.main import application, flags_apart


@cache
def _command_of(noun: str) -> Any:
    """What the command line builds for lines that begin with this word."""
    return typer.main.get_command(application(noun))


def parsed(line: str) -> str:
    """The verb that `line` runs, such as `actions follow`. Raises what the command line would refuse it with."""
    words = shlex.split(line.partition(" > ")[0])
    assert words[0] == "exconn", line
    flags, rest = flags_apart(words[1:])
    command = _command_of(rest[0])
    context = command.make_context("exconn", [*flags, *rest])
    path: list[str] = []
    while hasattr(command, "commands"):
        name, command, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
        path.append(name)
        context = command.make_context(name, arguments, parent=context)
    return " ".join(path)
