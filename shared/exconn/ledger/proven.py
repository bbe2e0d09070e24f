"""What a worker has found out itself before it begins: the ledger's server takes nobody else's word for it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What `begin` is told beside the lease.

    `grant` is the grant of the job that the worker has verified, as it was read; `grant_part` a word for what does not
    hold of one that it has not. `request` is the digest of the signed request: no other action is issued for it, and
    this one not after its end. `read` are fields of the job as they were when they were verified: they must
    be so still. `record` is what the worker signed, and goes with the message.
    """

    grant: str = ""
    grant_part: str = ""
    request: str = ""
    read: Mapping[str, str] = field(default_factory=dict)
    record: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """The parameters of the script."""
        return {
            "grant": _digest(self.grant) if self.grant else None,
            "grant_part": self.grant_part or None,
            "request_digest": self.request or None,
            "read": dict(self.read) or None,
            "record": dict(self.record) or None,
        }


NOTHING_PROVEN = Proven()


def _digest(text: str) -> str:
    """As the server makes it; compared within one call, with a text that was verified."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
