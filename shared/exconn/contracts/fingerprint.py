"""The fingerprint of a partnership: what must still be true of a device right before it is acted on."""

import hashlib
from datetime import datetime

from pydantic import BaseModel, ConfigDict


def digest_of(text: str) -> str:
    """A short digest of a personal value, to compare it without keeping it (128 bits, hexadecimal)."""
    return hashlib.sha256(text.casefold().encode()).hexdigest()[:32]


class Fingerprint(BaseModel):
    """Which partnership is meant: directory object, device, mailbox, and the dates that tell a re-enrolment.

    `device` and `mailbox` are digests or object GUIDs, never a DeviceId or a name. Dates are Exchange's own,
    aware UTC, None where Exchange shows none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    guid: str
    device: str
    mailbox: str
    created: datetime | None = None
    first_sync: datetime | None = None
    last_acknowledged: datetime | None = None

    def differences(self, other: "Fingerprint") -> tuple[str, ...]:
        """The names of the fields in which `other` differs."""
        names = type(self).model_fields
        return tuple(name for name in names if getattr(self, name) != getattr(other, name))
