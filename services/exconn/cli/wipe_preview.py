"""What a person reads before a wipe: which client it is, what a wipe would do to it, and what may stand in its way."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from exconn.cli.output import plain, short_moment
from exconn.cli.session import CommandSession

if TYPE_CHECKING:
    from exconn.contracts import ClientClass

#: Devices of one user that are looked at for further Outlooks.
_MOST = 50


def show_wipe(session: CommandSession, device: dict[str, Any]) -> None:
    """The class of the client, and what a wipe would erase. The worker decides by what Exchange shows then."""
    from exconn.contracts import ClientClass, erases, erases_text

    client = _class_of(session, device)
    session.out.line(f"client     {client.value.replace('_', ' ')}")
    session.out.line(f"erases     {erases_text(erases(client))}")
    if client is ClientClass.OUTLOOK_SERVICE:
        session.out.line("! a wipe from here will be held: wipe it in Intune; block and allow work")
    if client is ClientClass.OUTLOOK:
        for other in _other_outlooks(session, device):
            session.out.line(f"! also     {plain(other['name'])} ({other['guid']}), {short_moment(other['last_sync'])}")
    if device["access_state"].casefold() == "blocked":
        session.out.line("! blocked: it may never connect to take its wipe; wipe before you block, or allow it first")


def _other_outlooks(session: CommandSession, device: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The user's other Outlooks, as far as discovery knows them."""
    from exconn.contracts import ClientClass

    owner = device["owner_address"] or device["owner_name"]
    if not owner:
        return
    found = session.monitor.get("/v1/devices", q=owner, connector=device["connector"], limit=_MOST)["devices"]
    for other in found:
        same = (other["owner_name"], other["owner_address"]) == (device["owner_name"], device["owner_address"])
        if same and other["guid"] != device["guid"] and _class_of(session, other) is ClientClass.OUTLOOK:
            yield other


def _class_of(session: CommandSession, device: dict[str, Any]) -> "ClientClass":
    from exconn.contracts import client_class

    known = device
    if "user_agent" not in known:
        known = session.monitor.get(f"/v1/devices/{device['guid']}", connector=device["connector"])
    return client_class(**{name: known[name] or "" for name in ("device_type", "model", "user_agent", "client_type")})
