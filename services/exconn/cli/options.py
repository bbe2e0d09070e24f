"""Options that mean the same with every verb."""

from typing import Annotated

import typer

from exconn.cli.exits import bad_input


def _state(given: str) -> str:
    """A state or an outcome, as lists show them. Raises CommandError: a word that no job has would find nothing."""
    from exconn.ledger import Outcome, State

    known = [each.value for each in (*State, *Outcome)]
    if given and given not in known:
        bad_input(f"--state {given}: no such state", remedy=f"one of {', '.join(known)}")
    return given


ConnectorOption = Annotated[
    str | None, typer.Option("--connector", "-c", metavar="NAME", help="Connector; the context's otherwise.")
]
ConnectorArgument = Annotated[
    str | None, typer.Argument(metavar="CONNECTOR", help="Connector; the context's otherwise.", show_default=False)
]
WaitOption = Annotated[bool, typer.Option("--wait", help="Follow it to the end; the exit code tells how it ended.")]
TimeoutOption = Annotated[
    str, typer.Option("--timeout", metavar="DURATION", help="With --wait: how long, such as 30s, 10m or 2h.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the request.")]
StateOption = Annotated[
    str,
    typer.Option(
        "--state", help="queued, claimed, waiting, held, settled; or an outcome such as failed.", callback=_state
    ),
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="Most rows to show.")]
