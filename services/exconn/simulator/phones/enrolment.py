"""Setting a phone up again: what its partnership is afterwards."""

from datetime import UTC, datetime
from enum import StrEnum

from exconn.simulator.phones.contact_times import Phones


class Enrolment(StrEnum):
    """The forms that are known."""

    #: The old object is gone; a new one has the same device id and another GUID.
    NEW_OBJECT = "new_object"
    #: Object, GUID and first sync stay.
    SAME_OBJECT = "same_object"
    #: Outlook's after a wipe: another device id, and so another object beside the old one.
    NEW_DEVICE_ID = "new_device_id"


def enrol(phones: Phones, number: int, form: Enrolment) -> int:
    """Set the phone up again; returns the number of its partnership."""
    if form is Enrolment.SAME_OBJECT:
        return _same_object(phones, number)
    organization = phones.organization
    with organization.lock:
        before = organization.change_of(number)
        if form is Enrolment.NEW_OBJECT:
            organization.remove_device(number)
            added = phones.return_of(number)
        else:
            added = phones.add(organization.owner_of(number), organization.model_of(number))
        organization.change(added).enrolments = before.enrolments + 1
        return added


def _same_object(phones: Phones, number: int) -> int:
    organization = phones.organization
    with organization.lock:
        change = organization.change(number)
        change.enrolments += 1
        change.repeats_wipe = bool(phones.beliefs.success_repeats) and change.wipe.is_acknowledged
        change.wiped = False
        change.offline_since = None
        change.back_since = change.synced = datetime.now(UTC)
    if change.repeats_wipe or change.wipe.pending or change.account_only.pending:
        phones.expect(number)
    return number
