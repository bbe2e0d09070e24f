"""A worker that is frozen at the worst moment: right behind `begin`, for as long as its lease."""

from collections.abc import Mapping
from typing import Literal

from exconn.ledger import NOTHING_PROVEN, Lease, Ledger, Limits, Proven


class FrozenAfterBegin(Ledger):
    """A ledger whose `begin` returns when the lease has just run out."""

    def begin(
        self,
        lease: Lease,
        *,
        pre_image: Mapping[str, object] | None = None,
        purpose: Literal["issue", "withdraw"] = "issue",
        phase: str = "issuing",
        limits: Limits | None = None,
        proven: Proven = NOTHING_PROVEN,
    ) -> None:
        """As ever, and then the time is over."""
        super().begin(lease, pre_image=pre_image, purpose=purpose, phase=phase, limits=limits, proven=proven)
        lease.deadline -= self.lease.total_seconds()
