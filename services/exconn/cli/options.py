"""Options that mean the same with every verb."""

from typing import Annotated

import typer

ConnectorOption = Annotated[
    str | None, typer.Option("--connector", "-c", metavar="NAME", help="Connector; the context's otherwise.")
]
ConnectorArgument = Annotated[
    str | None, typer.Argument(metavar="CONNECTOR", help="Connector; the context's otherwise.", show_default=False)
]
DeviceArgument = Annotated[str, typer.Argument(metavar="DEVICE", help="Name (user_DeviceType), user, address or GUID.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Follow it to the end; the exit code tells how it ended.")]
TimeoutOption = Annotated[
    str, typer.Option("--timeout", metavar="DURATION", help="With --wait: how long, such as 30s, 10m or 2h.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the request.")]
StateOption = Annotated[
    str, typer.Option("--state", help="queued, claimed, waiting, held, settled; or an outcome such as failed.")
]
AfterOption = Annotated[str, typer.Option("--after", metavar="PLACE", help="Go on from `next` of the page before.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="Most rows to show.")]
