"""How a command ends: with an exit code, and errors that name the next command to type."""

from typing import NoReturn

from exconn.process.exits import ExitCode

__all__ = ["CommandError", "Ended", "ExitCode", "bad_input"]


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
