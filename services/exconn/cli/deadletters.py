"""`exconn deadletters`: messages that no worker could read."""

from typing import Any

import typer

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.options import LimitOption
from exconn.cli.output import moment, short_moment
from exconn.cli.session import session_of

_COLUMNS = ("id", "at", "queue", "reason", "size")
_MOST = 500


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Messages that no worker could read.", no_args_is_help=True)
    noun.command("list", epilog="Example: exconn deadletters list")(list_dead_letters)
    noun.command("show", epilog="Example: exconn deadletters show 1700000000000-0")(show_dead_letter)
    app.add_typer(noun, name="deadletters")


def list_dead_letters(context: typer.Context, limit: LimitOption = 50) -> None:
    """List dead letters, newest first."""
    session = session_of(context)
    found = session.monitor.get("/v1/deadletters", limit=limit)
    rows = [_row(letter) for letter in found["deadletters"]]
    session.out.listing(found, rows, _COLUMNS, name="id", empty="no dead letters", wrap=("queue", "reason"))


def show_dead_letter(
    context: typer.Context, letter: str = typer.Argument(..., metavar="ID", help="Its id, from the list.")
) -> None:
    """Show one dead letter; its body is base64, at most the first 4 KB."""
    session = session_of(context)
    letters = session.monitor.get("/v1/deadletters", limit=_MOST)["deadletters"]
    found = next((one for one in letters if one["id"] == letter), None)
    if found is None:
        raise CommandError(ExitCode.NOT_FOUND, f"no dead letter {letter!r}", remedy="exconn deadletters list")
    pairs = [(name, moment(value) if name == "at" else value) for name, value in found.items()]
    session.out.record(found, pairs, name=found["id"])


def _row(letter: dict[str, Any]) -> dict[str, object]:
    return {**letter, "at": short_moment(letter["at"])}
