"""A device of the simulator as discovery and monitor would show it, without a cmdlet."""

from collections.abc import Mapping
from datetime import datetime

from exconn.contracts import Fingerprint, client_class, digest_of
from tests.support.exchange.simulator import RunningSimulator


def fingerprint_shown(simulator: RunningSimulator, guid: str) -> Fingerprint:
    """Its fingerprint as it is now."""
    device = simulator.device(guid)
    return Fingerprint(
        guid=guid,
        device=digest_of(device["device_id"] if device["directory_shows_id"] else ""),
        mailbox=simulator.control("GET", f"/mailboxes/{device['user']}")["guid"],
        # The directory has whole seconds.
        created=datetime.fromisoformat(device["created"]).replace(microsecond=0),
        first_sync=device["first_sync"],
        last_acknowledged=device["wipe"]["acknowledged"],
    )


def shown(simulator: RunningSimulator, guid: str) -> Mapping[str, str]:
    """What a person sees of it before asking for an action."""
    device = simulator.device(guid)
    mailbox = simulator.control("GET", f"/mailboxes/{device['user']}")
    client = client_class(
        device_type=device["device_type"],
        model=device["model"],
        user_agent=device["user_agent"],
        client_type=device["client_type"],
    )
    return {
        "owner": mailbox["guid"],
        "owner_address": mailbox["address"],
        "device_id": device["device_id"] if device["directory_shows_id"] else "",
        "device_type": device["device_type"],
        "client": client.value,
    }
