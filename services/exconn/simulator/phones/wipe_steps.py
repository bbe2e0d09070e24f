"""How a phone takes a wipe along: one step at each contact.

As MS-ASPROV says: the phone is told, answers with success or failure (R642), and erases itself afterwards (R643),
whatever becomes of its answer (R645); after a failure it is told again at its next contact (R702).
When contacts are, and how long a phone takes to answer, is in `contact_times.py`.
"""

from datetime import datetime
from enum import Enum, auto

from exconn.simulator.organization.directory import DeviceChange, PendingWipe
from exconn.simulator.phones.beliefs import Beliefs
from exconn.simulator.phones.handsets import Model, is_outlook, is_outlook_service


class Then(Enum):
    """What follows a contact."""

    #: Nothing of a wipe.
    NOTHING = auto()
    #: It answers in a moment.
    ANSWER = auto()
    #: It is told again at its next contact.
    NEXT_CONTACT = auto()


def step(change: DeviceChange, model: Model, beliefs: Beliefs, now: datetime) -> Then:
    """The phone calls: it goes one step on with the first open wipe."""
    if change.repeats_wipe:
        # It has acknowledged; a server that does not end the wipe by that tells it once more (R1041).
        change.repeats_wipe, change.wiped = False, True
        change.wipe.sent = change.wipe.acknowledged = now
        return Then.NOTHING
    wipe = next((wipe for wipe in (change.wipe, change.account_only) if wipe.pending), None)
    if wipe is None or is_outlook_service(model):
        return Then.NOTHING
    if is_outlook(model) and not beliefs.outlook_reports:
        if beliefs.outlook_shows_sent and _is_unsent(wipe):
            wipe.sent = now
        return Then.NOTHING
    return _told(change, wipe, now)


def _told(change: DeviceChange, wipe: PendingWipe, now: datetime) -> Then:
    if change.refuses_wipe:
        change.wipe_failed = now
        wipe.sent = now if _is_unsent(wipe) else wipe.sent
        return Then.NEXT_CONTACT
    if _is_unsent(wipe):
        wipe.sent = now
        return Then.ANSWER
    change.wiped = True
    if not change.loses_acknowledgement:
        wipe.acknowledged = now
    return Then.NOTHING


def _is_unsent(wipe: PendingWipe) -> bool:
    """Not sent since it was asked for: the time may be left from an earlier wipe."""
    return wipe.sent is None or (wipe.requested is not None and wipe.sent < wipe.requested)
