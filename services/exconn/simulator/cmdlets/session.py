"""Cmdlets about the session itself."""

from collections.abc import Iterator

from exconn.simulator.cmdlets.call import Call


def set_ad_server_settings(call: Call) -> Iterator[str]:
    """Set-ADServerSettings: lives as long as the shell."""
    if call.get("ViewEntireForest") is not None:
        call.shell.view_entire_forest = bool(call.get("ViewEntireForest"))
    yield from ()
