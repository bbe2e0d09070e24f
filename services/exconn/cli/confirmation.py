"""Asking before something is changed that cannot be changed back."""

import sys

from exconn.cli.command_errors import CommandError, ExitCode, bad_input
from exconn.cli.session import CommandSession


def confirm(session: CommandSession, question: str, *, yes: bool) -> None:
    """Go on only when the person at the terminal says yes. Raises CommandError."""
    if yes:
        return
    if not session.out.for_people or not sys.stdin.isatty():
        bad_input("nobody can be asked here", remedy="add --yes to do it without asking")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        raise CommandError(ExitCode.REFUSED, "nothing was done", remedy="answer y, or add --yes")
