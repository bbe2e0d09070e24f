"""`exconn devices`: what was discovered, and the actions on it."""

from typing import Any

import typer

from exconn.cli.command_errors import bad_input
from exconn.cli.device_actions import register_actions
from exconn.cli.find_device import find_device
from exconn.cli.listing import show_list
from exconn.cli.options import AfterOption, ConnectorOption, DeviceArgument, LimitOption
from exconn.cli.output import moment, plain, short_moment
from exconn.cli.session import session_of

_COLUMNS = ("name", "model", "access", "last_sync", "wipe")


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Devices that were discovered, and actions on one.", no_args_is_help=True)
    noun.command("list", epilog="Example: exconn devices list jdoe")(list_devices)
    noun.command("show", epilog="Example: exconn devices show jdoe_iPhone")(show_device)
    register_actions(noun)
    app.add_typer(noun, name="devices")


def list_devices(
    context: typer.Context,
    searched: str = typer.Argument("", metavar="SEARCH", help="Part of a name, address or id.", show_default=False),
    connector: ConnectorOption = None,
    search: str = typer.Option("", "--search", "-s", "--q", help="The same as an option."),
    state: str = typer.Option("", "--state", help="Access state, such as Allowed or Quarantined."),
    limit: LimitOption = 50,
    after: AfterOption = "",
) -> None:
    """List devices by name."""
    if searched and search:
        bad_input("two searches were given", remedy=f"exconn devices list {search}")
    narrowed = searched or search or state
    wanted: dict[str, Any] = {"q": searched or search, "state": state, "limit": limit, "after": after}
    show_list(
        session_of(context),
        "devices",
        _row,
        _COLUMNS,
        connector=connector,
        empty="no such device" if narrowed else "no devices; start a discovery: exconn sweeps start full",
        name="guid",
        wrap=("name", "model"),
        **wanted,
    )


def show_device(context: typer.Context, device: DeviceArgument, connector: ConnectorOption = None) -> None:
    """Show everything known of a device, and its actions."""
    session = session_of(context)
    named = find_device(session, device, session.connector_filter(connector), exact=False)
    found = session.monitor.get(f"/v1/devices/{named['guid']}", connector=named["connector"])
    session.out.record(found, _fields(found), name=found["guid"])
    for action in found.get("history", []):
        session.out.line(f"action {action['id']}: {action['phase'] or action['state']}, {moment(action['queued_at'])}")


def _row(device: dict[str, Any]) -> dict[str, object]:
    return {
        "guid": device["guid"],
        "name": device["name"],
        "model": device["model"],
        "access": device["access_state"],
        "last_sync": short_moment(device["last_sync"]),
        "wipe": _wipe(device),
    }


def _wipe(device: dict[str, Any]) -> str:
    for word in ("acknowledged", "sent", "requested"):
        if device["wipe"][word]:
            return word
    return "pending" if _is_wipe(device["open_action"] or "") else ""


def _is_wipe(action: str) -> bool:
    from exconn.contracts import Checks
    from exconn.contracts.kinds import row_of

    row = row_of(action)
    return row is not None and row.checks is Checks.ERASE


def _fields(device: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        ("name", device["name"]),
        ("GUID", device["guid"]),
        ("connector", device["connector"]),
        ("user", device["owner_name"]),
        ("address", device["owner_address"]),
        ("type", device["device_type"]),
        ("model", device["model"]),
        ("system", device["os"]),
        ("access", f"{plain(device['access_state'])} ({plain(device['access_state_reason'])})"),
        ("status", device["status"]),
        ("first sync", moment(device["first_sync"])),
        ("last sync", moment(device["last_sync"])),
        ("policy", f"{plain(device['policy_applied'])} ({plain(device['policy_status'])})"),
        ("wipe asked", moment(device["wipe"]["requested"])),
        ("wipe sent", moment(device["wipe"]["sent"])),
        ("wipe done", moment(device["wipe"]["acknowledged"])),
        ("open action", device["open_action"]),
    ]
