"""`exconn devices`: what was discovered, and the wipe."""

from typing import Any

import typer

from exconn.cli.accepted import longest_wait, report_accepted
from exconn.cli.confirmation import confirm
from exconn.cli.exits import CommandError, ExitCode, bad_input
from exconn.cli.find_device import find_device
from exconn.cli.following import duration_of, watch_line
from exconn.cli.listing import show_list
from exconn.cli.options import (
    AfterOption,
    ConnectorOption,
    LimitOption,
    ReasonOption,
    TimeoutOption,
    WaitOption,
    YesOption,
)
from exconn.cli.output import moment, plain, short_moment
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession, session_of

_DEVICE = typer.Argument(..., metavar="DEVICE", help="Name (user_DeviceType), user, address or GUID.")
_COLUMNS = ("name", "model", "access", "last_sync", "wipe")


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Devices that were discovered, and wiping one.", no_args_is_help=True)
    noun.command("list", epilog="Example: exconn devices list jdoe")(list_devices)
    noun.command("show", epilog="Example: exconn devices show jdoe_iPhone")(show_device)
    noun.command("wipe", epilog="Example: exconn devices wipe jdoe_iPhone --reason stolen --wait")(wipe_device)
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


def show_device(context: typer.Context, device: str = _DEVICE, connector: ConnectorOption = None) -> None:
    """Show everything known of a device, and its actions."""
    session = session_of(context)
    named = find_device(session, device, session.connector_filter(connector), exact=False)
    found = session.monitor.get(f"/v1/devices/{named['guid']}", connector=named["connector"])
    session.out.record(found, _fields(found), name=found["guid"])
    for action in found.get("history", []):
        session.out.line(f"action {action['id']}: {action['phase'] or action['state']}, {moment(action['queued_at'])}")


def wipe_device(
    context: typer.Context,
    device: str = _DEVICE,
    reason: ReasonOption = "",
    yes: YesOption = False,
    wait: WaitOption = False,
    timeout: TimeoutOption = "10m",
    valid: str = typer.Option("72h", "--valid", metavar="DURATION", help="Until when it may begin."),
    connector: ConnectorOption = None,
) -> None:
    """Erase a device: everything on the phone is lost. Asks first; prints the action id."""
    from exconn.contracts.request import RequestKind, Target

    session = session_of(context)
    within, valid_for = longest_wait(wait=wait, timeout=timeout), duration_of(valid)
    found = find_device(session, device, session.connector(connector), exact=True)
    _refuse_second(found)
    _preview(session, found)
    confirm(session, f"Erase {plain(found['name'])}?", yes=yes)
    answer = send_request(
        session,
        RequestKind.WIPE,
        found["connector"],
        Target(device=found["guid"]),
        reason=reason,
        valid_for=valid_for,
    )
    report_accepted(session, answer, within, said=f"accepted as {answer['job']}")


def _refuse_second(device: dict[str, Any]) -> None:
    if device["open_action"]:
        raise CommandError(
            ExitCode.REFUSED,
            f"the device has an open action: {device['open_action']}",
            remedy=watch_line(device["open_action"]),
        )


def _preview(session: CommandSession, device: dict[str, Any]) -> None:
    session.out.line(f"device     {plain(device['name'])} ({device['guid']})")
    session.out.line(f"user       {plain(device['owner_name'])}, {plain(device['owner_address'])}")
    session.out.line(f"model      {plain(device['model'])}, {plain(device['os'])}")
    session.out.line(f"last sync  {moment(device['last_sync'])}, {plain(device['status'])}")
    if device["device_type"].casefold() == "outlook":
        session.out.line("! Outlook: resets the app on every device on which the user runs Outlook")
    if device["wipe"]["acknowledged"]:
        session.out.line(f"! wiped before: acknowledged {moment(device['wipe']['acknowledged'])}")


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
    return "pending" if device["open_action"] else ""


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
