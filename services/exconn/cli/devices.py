"""`exconn devices`: what was discovered, and the actions on it."""

from collections import Counter
from collections.abc import Iterator
from shlex import quote
from typing import Any

import typer

from exconn.cli.command_errors import bad_input
from exconn.cli.device_actions import register_actions
from exconn.cli.find_device import find_device
from exconn.cli.listing import show_list
from exconn.cli.options import AfterOption, ConnectorOption, DeviceArgument, LimitOption
from exconn.cli.output import moment, plain, short_moment
from exconn.cli.session import session_of
from exconn.cli.wrapping import sentence_width, wrapped

_COLUMNS = ("name", "model", "client", "access", "last_sync", "wipe")


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
    client: str = typer.Option("", "--client", help="Class of client: native, outlook, outlook_service or unknown."),
    limit: LimitOption = 50,
    after: AfterOption = "",
) -> None:
    """List devices by name, each with its class of client; below, what a wipe would do to each class."""
    if searched and search:
        bad_input("two searches were given", remedy=f"exconn devices list {search}")
    narrowed = searched or search or state or client
    wanted: dict[str, Any] = {"q": searched or search, "state": state, "client": client, "limit": limit}
    show_list(
        session_of(context),
        "devices",
        _row,
        _COLUMNS,
        connector=connector,
        empty="no such device" if narrowed else "no devices; start a discovery: exconn sweeps start full",
        name="guid",
        wrap=("model", "client"),
        legend=_legend,
        after=after,
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
    from exconn.contracts import ClientClass, client_text

    return {
        "guid": device["guid"],
        "name": device["name"],
        "model": device["model"],
        "client": client_text(ClientClass(device["client"])),
        "access": device["access_state"],
        "last_sync": short_moment(device["last_sync"]),
        "wipe": _wipe(device),
    }


def _legend(found: list[dict[str, Any]]) -> Iterator[str]:
    """What a wipe would do to each class of client in a list."""
    from exconn.contracts import ClientClass, Erases, client_text, erases_text

    texts = {client_text(ClientClass(each["client"])): erases_text(Erases(each["erases"])) for each in found}
    names = Counter(each["name"] for each in found)
    shared = next((name for name, count in names.items() if count > 1), None)
    if shared:
        yield "several devices have one name; their GUIDs:"
        yield f"  exconn devices show {quote(plain(shared))}"
    if texts:
        yield "a wipe erases"
    for client, text in sorted(texts.items()):
        yield from wrapped(text, sentence_width(), first=f"  {client:<{max(map(len, texts))}}  ")


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
    from exconn.contracts import ClientClass, Erases, client_text, erases_text

    return [
        ("name", device["name"]),
        ("GUID", device["guid"]),
        ("connector", device["connector"]),
        ("user", device["owner_name"]),
        ("address", device["owner_address"]),
        ("domain", device["user_domain"]),
        ("server", device["exchange_server"]),
        ("type", device["device_type"]),
        ("model", device["model"]),
        ("system", device["os"]),
        ("language", device["os_language"]),
        ("operator", device["mobile_operator"]),
        ("client", client_text(ClientClass(device["client"]))),
        ("a wipe erases", erases_text(Erases(device["erases"]))),
        ("access", f"{plain(device['access_state'])} ({plain(device['access_state_reason'])})"),
        ("access rule", device["access_control_rule"]),
        ("status", device["status"]),
        ("status note", device["status_note"]),
        ("first sync", moment(device["first_sync"])),
        ("last sync", moment(device["last_sync"])),
        ("policy", f"{plain(device['policy_applied'])} ({plain(device['policy_status'])})"),
        *_wipe_fields("wipe", device["wipe"], device["wipe_requestor"]),
        *_account_wipe_fields(device),
        ("open action", device["open_action"]),
        ("EAS identity", device["identity"]),
    ]


def _wipe_fields(name: str, times: dict[str, Any], requestor: str) -> list[tuple[str, object]]:
    return [
        (f"{name} asked", moment(times["requested"])),
        (f"{name} sent", moment(times["sent"])),
        (f"{name} done", moment(times["acknowledged"])),
        (f"{name} asked by", requestor),
    ]


def _account_wipe_fields(device: dict[str, Any]) -> list[tuple[str, object]]:
    """Shown where there was one: few devices can do it."""
    times, requestor = device["account_only_wipe"], device["account_wipe_requestor"]
    if not requestor and not any(times.values()):
        return []
    return _wipe_fields("account wipe", times, requestor)
