"""How an owner or a device is named by others: as a distinguished name, a canonical name, an address or an alias."""

import re

from exconn.simulator.organization.people import DOMAIN, alias_of_name

_DEVICE_DN = re.compile(r"^CN=(?P<name>[^,]+),CN=ExchangeActiveSyncDevices,(?P<owner>.+)$", re.IGNORECASE)
_DEVICE_PATH = re.compile(r"^(?P<owner>.+)/ExchangeActiveSyncDevices/(?P<name>[^/]+)$", re.IGNORECASE)
_OWNER_DN = re.compile(r"^CN=(?P<name>[^,]+),OU=[^,]+,(?P<domain>DC=.+)$", re.IGNORECASE)


def alias_in(text: str) -> str:
    """The alias of the owner that is named."""
    if match := _OWNER_DN.match(text):
        return alias_of_name(match["name"])
    if "/" in text:
        return alias_of_name(text.rsplit("/", 1)[-1])
    if "@" in text:
        return text.lower().removesuffix(f"@{DOMAIN}")
    return alias_of_name(text) if " " in text else text


def domain_in(text: str) -> str:
    """The domain in the distinguished name of an owner, in lower case; empty in any other name."""
    match = _OWNER_DN.match(text)
    return match["domain"].lower() if match else ""


def device_in(text: str) -> tuple[str, str] | None:
    """The owner, and the name of the device in lower case; None when no device is named so."""
    match = _DEVICE_DN.match(text) or _DEVICE_PATH.match(text)
    if match is None:
        return None
    # A line break, which stands in the names of conflict objects, is written as its code in a distinguished name.
    return match["owner"], match["name"].replace("\\0A", "\n").replace("\\0a", "\n").lower()
