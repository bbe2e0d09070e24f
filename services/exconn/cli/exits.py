"""How a command ends: stable exit codes, and errors that name the next command to type."""

from enum import IntEnum
from typing import NoReturn


class ExitCode(IntEnum):
    """The exit codes, the same for every command."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    NOT_FOUND = 3
    REFUSED = 4
    HELD = 5
    UNREACHABLE = 6
    STILL_RUNNING = 7
    UNHEALTHY = 8
    INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot be done: one line on standard error, and what to type next."""

    def __init__(self, code: ExitCode, text: str, *, remedy: str = "") -> None:
        self.code = code
        self.text = text
        self.remedy = remedy
        super().__init__(f"{text}; {remedy}" if remedy else text)


class Ended(Exception):
    """A command has said everything and ends with a code that is no error of its own (held, drift, running)."""

    def __init__(self, code: ExitCode) -> None:
        self.code = code
        super().__init__(code.name)


def bad_input(text: str, *, remedy: str) -> NoReturn:
    """Raise the error of a command that was typed wrongly."""
    raise CommandError(ExitCode.BAD_INPUT, text, remedy=remedy)
