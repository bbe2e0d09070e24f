"""Whatever happens to a job and in whatever order: none is held while nobody has seen that it was cancelled."""

from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest

from exconn.contracts import CANCELLATIONS, HoldReason
from exconn.keyspace import keys
from exconn.ledger import Lease, LedgerError, State
from tests.conformance.ledger.scene import CONNECTOR, Scene

MOST_CRASHES = 3


class CancelledJob:
    """One wipe, the lease that somebody has or had of it, and all that can happen to it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.job_id = scene.insert()
        self.lease: Lease = scene.claim(self.job_id)
        self.steps: list[Callable[[], object]] = [
            self.claim,
            self.begin,
            self.cancel,
            self.hold,
            self.hold_at_last,
            self.crash,
            self.third_crash,
            self.defer,
            self.release,
            self.retry,
            self.look_again,
        ]

    def claim(self) -> None:
        self.scene.client.hset(keys.job(self.job_id), "due", "1")
        found = self.scene.ledger.claim(self.job_id, "one")
        if found:
            self.lease = found.lease

    def begin(self) -> None:
        self.scene.ledger.begin(self.lease)

    def cancel(self) -> None:
        self.scene.ledger.cancel(self.job_id, by="boss")

    def hold(self) -> None:
        self.scene.ledger.hold(self.lease, HoldReason.UNKNOWN_KEY)

    def hold_at_last(self) -> None:
        """After as many looks as are made before a person is asked."""
        self.scene.client.hset(keys.job(self.job_id), "marked_looks", "5")
        self.hold()

    def crash(self) -> None:
        if self.scene.state(self.job_id) is State.CLAIMED:
            self.scene.client.hset(keys.job(self.job_id), "lease", "1")
            self.claim()

    def third_crash(self) -> None:
        self.scene.client.hset(keys.job(self.job_id), "crashes", str(MOST_CRASHES - 1))
        self.crash()

    def defer(self) -> None:
        self.scene.ledger.defer(self.lease, delay=self.scene.hasty.lease)

    def release(self) -> None:
        self.scene.ledger.release(CONNECTOR, [self.job_id], release_id="r", by="boss")

    def retry(self) -> None:
        self.scene.ledger.retry(self.job_id, by="boss")

    def look_again(self) -> None:
        self.scene.ledger.look_again(self.job_id)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_held_job_has_a_mark_that_nobody_has_seen(scene: Scene, seed: int) -> None:
    random = Random(seed)
    held_with_a_mark = 0
    for _ in range(60):
        job = CancelledJob(scene)
        done: list[str] = []
        for _ in range(16):
            step = random.choice(job.steps)
            done.append(step.__name__)
            with suppress(LedgerError):
                step()
            found = scene.job(job.job_id)
            if found.state is State.HELD and found.cancel:
                held_with_a_mark += 1
                assert found.reason in CANCELLATIONS, done
            if found.state is State.SETTLED:
                break
    assert held_with_a_mark
