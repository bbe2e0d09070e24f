"""`exconn actions`: what was asked of devices, followed to its end."""

from typing import Annotated, Any

import typer

from exconn.cli.cancel import cancel
from exconn.cli.following import duration_of, follow, show_end_of_job
from exconn.cli.job_fields import job_fields, reasons_below
from exconn.cli.listing import show_list
from exconn.cli.options import (
    AfterOption,
    ConnectorOption,
    LimitOption,
    ReasonOption,
    StateOption,
    YesOption,
)
from exconn.cli.output import moment, plain, short_moment
from exconn.cli.session import session_of

ActionArgument = Annotated[
    str, typer.Argument(metavar="ACTION", help="Action id, as it was printed when it was asked for.")
]
FollowedForOption = Annotated[str, typer.Option("--timeout", metavar="DURATION", help="How long, such as 10m or 2h.")]
_COLUMNS = ("id", "device", "phase", "state", "asked")


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Device actions: follow or cancel them.", no_args_is_help=True)
    noun.command("list", epilog="Example: exconn actions list --phase sent")(list_actions)
    noun.command("show", epilog="Example: exconn actions show wipe-abcdefghijklmnop")(show_action)
    noun.command("follow", epilog="Example: exconn actions follow wipe-abcdefghijklmnop")(follow_action)
    noun.command("cancel", epilog="Example: exconn actions cancel wipe-abcdefghijklmnop --yes")(cancel_action)
    app.add_typer(noun, name="actions")


def list_actions(
    context: typer.Context,
    connector: ConnectorOption = None,
    phase: str = typer.Option("", "--phase", help="How far it is, such as issued or sent."),
    state: StateOption = "",
    limit: LimitOption = 50,
    after: AfterOption = "",
) -> None:
    """List actions, newest first."""
    session = session_of(context)
    wanted: dict[str, Any] = {"phase": phase, "state": state, "limit": limit, "after": after}
    show_list(
        session,
        "actions",
        _row,
        _COLUMNS,
        connector=connector,
        empty="no actions",
        wrap=("device",),
        legend=reasons_below,
        **wanted,
    )


def show_action(context: typer.Context, action: ActionArgument) -> None:
    """Show an action, its device and its messages."""
    session = session_of(context)
    found = session.monitor.get(f"/v1/actions/{action}")
    session.out.record(found, _fields(found), name=found["id"])
    show_end_of_job(session, found)


def follow_action(context: typer.Context, action: ActionArgument, timeout: FollowedForOption = "72h") -> None:
    """Show an action's messages until it ends; the exit code tells how."""
    session = session_of(context)
    within = duration_of(timeout)
    session.monitor.get(f"/v1/actions/{action}")
    follow(session, action, within=within)


def cancel_action(
    context: typer.Context, action: ActionArgument, reason: ReasonOption = "", yes: YesOption = False
) -> None:
    """Cancel an action. What was already issued may still reach the device before it is taken back."""
    session = session_of(context)
    found = session.monitor.get(f"/v1/actions/{action}")
    cancel(session, found, f"{plain(found['device_name'])}, {found['phase'] or found['state']}", reason=reason, yes=yes)


def _row(action: dict[str, Any]) -> dict[str, object]:
    return {
        "id": action["id"],
        "device": action["device_name"],
        "phase": action["phase"],
        "state": action["outcome"] or action["state"],
        "asked": short_moment(action["queued_at"]),
    }


def _fields(action: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        ("action", action["id"]),
        ("device", action["device_name"]),
        ("user", action["owner_name"]),
        *job_fields(action),
        *((step["phase"], _reached(step)) for step in action["steps"]),
    ]


def _reached(step: dict[str, Any]) -> str:
    return "passed between two looks" if step["passed"] else moment(step["at"])
