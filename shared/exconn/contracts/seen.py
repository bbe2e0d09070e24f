"""What a person saw of a device before asking for an action: signed with the request, and compared with what is so.

A request carries digests. They are keyed with its nonce, so that no list of digests made beforehand tells what they
stand for. The register keeps a digest of a DeviceId only, so the digest of one is made of that.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from exconn.contracts.fingerprint import digest_of

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

#: The register keeps no more of a type, and not this character.
LONGEST_TYPE = 64
_SEPARATOR = "\x1f"
#: What no database keeps, and what stands for it there.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufffd]")


class Seen(BaseModel):
    """Digests of what was seen: the owner's mailbox (its GUID) and address, DeviceId, type, and class of the client."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner: Digest
    address: Digest
    device_id: Digest
    device_type: Digest
    client_class: Digest

    def differing(
        self,
        nonce: str,
        *,
        owner: str | None = None,
        address: str | None = None,
        device: str | None = None,
        device_type: str | None = None,
        client_class: str | None = None,
    ) -> tuple[str, ...]:
        """The names of what is not as it was seen; None is not known, and not compared.

        `device` is the digest of the DeviceId, as a fingerprint has it.
        """
        found = {
            "owner": owner,
            "address": address,
            "device_id": device,
            "device_type": device_type,
            "client_class": client_class,
        }
        known = {name: value for name, value in found.items() if value is not None}
        return tuple(name for name, value in known.items() if getattr(self, name) != _digest(nonce, name, value))


def seen_of(nonce: str, *, owner: str, address: str, device_id: str, device_type: str, client_class: str) -> Seen:
    """The digests for a request with that nonce. `owner` is the mailbox's GUID; what was not shown is empty."""
    found = {
        "owner": owner,
        "address": address,
        "device_id": digest_of(device_id),
        "device_type": device_type,
        "client_class": client_class,
    }
    return Seen(**{name: _digest(nonce, name, value) for name, value in found.items()})


def seen_of_shown(nonce: str, device: Mapping[str, Any]) -> Seen:
    """The digests of a device as the monitor's `/v1/devices/<guid>` shows it."""
    return seen_of(
        nonce,
        owner=str(device["owner"] or ""),
        address=str(device["owner_address"] or ""),
        device_id=str(device["device_id"]),
        device_type=str(device["device_type"]),
        client_class=str(device["client"]),
    )


def _digest(nonce: str, name: str, value: str) -> str:
    kept = value.replace(_SEPARATOR, "")[:LONGEST_TYPE] if name == "device_type" else value
    plain = _UNSTORABLE.sub("", kept).casefold()
    return hmac.new(nonce.encode(), f"{name}\n{plain}".encode(), hashlib.sha256).hexdigest()
