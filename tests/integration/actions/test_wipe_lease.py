"""A worker that was frozen right before it sends must not send: another one may have the job by now."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from exconn.ledger import Lease, Ledger, Outcome, State
from tests.support.wiping import Wiping, settled, task_of


class FrozenAfterBegin(Ledger):
    """A ledger whose `begin` returns to a worker that was frozen for as long as its lease."""

    def begin(
        self,
        lease: Lease,
        *,
        pre_image: Mapping[str, object] | None = None,
        purpose: Literal["issue", "withdraw"] = "issue",
        phase: str = "issuing",
    ) -> None:
        super().begin(lease, pre_image=pre_image, purpose=purpose, phase=phase)
        lease.deadline -= self.lease.total_seconds()


def frozen_claim(wiping: Wiping, action: str) -> None:
    """One claim by a worker that is frozen after `begin`; nobody renews its lease."""
    ledger = FrozenAfterBegin(wiping.client, lease=timedelta(seconds=3))
    task_of(ledger, wiping.handler)(action)


def test_a_worker_frozen_between_begin_and_the_cmdlet_does_not_send_it(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)

    frozen_claim(wiping, action)

    assert wiping.clears(guid) == 0
    assert wiping.job(action).phase == "issuing"
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def test_a_worker_frozen_before_a_cancellation_does_not_send_it(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued" and job.state is State.WAITING)
    wiping.ledger.cancel(action, by="operator")

    frozen_claim(wiping, action)

    assert wiping.is_pending(guid)
    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
    assert not wiping.is_pending(guid)
    wiping.simulator.phone(guid, "online")
