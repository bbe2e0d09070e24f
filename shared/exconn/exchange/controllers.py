"""Which domain controller may be named for which object.

A domain controller holds the objects of its own domain, and the organization's configuration. What shows an object may
be a global catalog of another domain: named in a cmdlet, it would not find the object that it has shown.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from exconn.exchange.errors import ObjectNotFound

T = TypeVar("T")

#: The end of a distinguished name: `DC=south,DC=corp,DC=example`. An escaped comma belongs to a name.
_DOMAIN = re.compile(r"(?:(?:^|(?<!\\),)\s*DC=[^,\\]+)+$", re.IGNORECASE)
_LABEL = re.compile(r"DC=([^,\\]+)", re.IGNORECASE)
#: What every domain controller of a forest holds.
_CONFIGURATION = re.compile(r"(?:^|(?<!\\),)\s*CN=Configuration$", re.IGNORECASE)


def holder(distinguished_name: str, controller: str) -> str:
    """The domain controller where it holds the object of that name; empty where it may not, so that none is named."""
    end = _DOMAIN.search(distinguished_name)
    if end is None or not controller:
        return ""
    if _CONFIGURATION.search(distinguished_name[: end.start()]):
        return controller
    labels = [label.strip().casefold() for label in _LABEL.findall(end.group())]
    return controller if _domain_of(controller) == ".".join(labels) else ""


def _domain_of(controller: str) -> str:
    """`corp.example` of `dc1.corp.example`; empty for a name without its domain, of which nothing is known."""
    return controller.strip().rstrip(".").casefold().partition(".")[2]


def asked_at(controller: str, call: Callable[[str | None], T], *, again: Callable[[], None] = lambda: None) -> T:
    """What the call answers at that domain controller; where that does not have the object, once more at any.

    For reads, and for what may be done twice: no domain controller is believed that nothing was done. `again` is called
    before the second time. Raises ObjectNotFound.
    """
    if controller:
        try:
            return call(controller)
        except ObjectNotFound:
            again()
    return call(None)
