"""`exconn messages`: what happened, in order."""

from datetime import timedelta
from typing import Any

import typer

from exconn.cli.command_errors import Ended, ExitCode
from exconn.cli.following import duration_of, messages_after, show_message
from exconn.cli.listing import show_list
from exconn.cli.options import ConnectorOption, LimitOption
from exconn.cli.output import short_moment
from exconn.cli.session import session_of

_SEVERITY = typer.Option("", "--severity", metavar="I|W|E", help="Information, warning or error only.")
_JOB = typer.Option("", "--job", metavar="JOB", help="Messages of one job only.")
_COLUMNS = ("at", "number", "text", "job")
#: Without --timeout: for as long as anybody looks.
_ALWAYS = timedelta(days=3650)


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Status messages.", no_args_is_help=True)
    noun.command("list", epilog="Example: exconn messages list --severity E")(list_messages)
    noun.command("follow", epilog="Example: exconn messages follow --connector contoso")(follow_messages)
    app.add_typer(noun, name="messages")


def list_messages(
    context: typer.Context,
    connector: ConnectorOption = None,
    job: str = _JOB,
    severity: str = _SEVERITY,
    limit: LimitOption = 50,
) -> None:
    """List the newest messages in their order."""
    session = session_of(context)
    wanted: dict[str, Any] = {"job": job, "severity": severity, "limit": limit}
    empty = "no messages"
    show_list(
        session, "messages", _row, _COLUMNS, connector=connector, empty=empty, name="number", wrap=("text",), **wanted
    )


def follow_messages(
    context: typer.Context,
    connector: ConnectorOption = None,
    job: str = _JOB,
    severity: str = _SEVERITY,
    timeout: str = typer.Option("", "--timeout", metavar="DURATION", help="How long, such as 10m; otherwise for ever."),
) -> None:
    """Show messages as they come, until Ctrl-C; with --json one object a line."""
    session = session_of(context)
    within = duration_of(timeout) if timeout else _ALWAYS
    wanted: dict[str, Any] = {"connector": session.connector_filter(connector), "job": job, "severity": severity}
    newest = session.monitor.get("/v1/messages", limit=1, **wanted)["next"]
    for message in messages_after(session, within=within, after=newest, **wanted):
        if session.out.as_json:
            session.out.json_line(message)
        else:
            show_message(session, message)
    raise Ended(ExitCode.DONE)


def _row(message: dict[str, Any]) -> dict[str, object]:
    return {**message, "at": short_moment(message["at"])}
