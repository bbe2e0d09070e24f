"""What a person reads before a wipe: which client it is, what a wipe would do to it, and what may stand in its way."""

from collections.abc import Iterator
from typing import Any

from exconn.cli.output import plain, short_moment
from exconn.cli.session import CommandSession

#: Devices of one user that are looked at for further Outlooks.
_MOST = 50


def show_wipe(session: CommandSession, device: dict[str, Any]) -> None:
    """The class of the client, and what a wipe would erase. The worker decides by what Exchange shows then."""
    from exconn.contracts import ClientClass, Erases, client_text, erases_text

    client = ClientClass(device["client"])
    session.out.line(f"client     {client_text(client)}")
    session.out.line(f"erases     {erases_text(Erases(device['erases']))}")
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
    wanted = {"q": owner, "connector": device["connector"], "client": ClientClass.OUTLOOK.value, "limit": _MOST}
    found = session.monitor.get("/v1/devices", **wanted)["devices"]
    for other in found:
        same = (other["owner_name"], other["owner_address"]) == (device["owner_name"], device["owner_address"])
        if same and other["guid"] != device["guid"]:
            yield other
