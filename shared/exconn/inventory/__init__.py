"""The register of devices, and the folds that keep it and fill the facts stream."""

from exconn.inventory.entry import Folded, PagePlace, RegisterEntry
from exconn.inventory.errors import (
    BackPressure,
    FoldLeaseLostError,
    InventoryError,
    RegisterFullError,
    RegisterOutOfReachError,
    Superseded,
)
from exconn.inventory.facts import device_fact, fingerprint_of, owner_fact, statistics_fact
from exconn.inventory.look import Make, ask_for_device, fingerprint_in, make_of, said_by_make
from exconn.inventory.pages import MOST_ELEMENTS, ListedDevice
from exconn.inventory.register import HIGH_WATER, Holder, Register

__all__ = [
    "HIGH_WATER",
    "MOST_ELEMENTS",
    "BackPressure",
    "FoldLeaseLostError",
    "Folded",
    "Holder",
    "InventoryError",
    "ListedDevice",
    "Make",
    "PagePlace",
    "Register",
    "RegisterEntry",
    "RegisterFullError",
    "RegisterOutOfReachError",
    "Superseded",
    "ask_for_device",
    "device_fact",
    "fingerprint_in",
    "fingerprint_of",
    "make_of",
    "owner_fact",
    "said_by_make",
    "statistics_fact",
]
