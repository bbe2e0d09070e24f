"""Random calls, in any order, compared after each with a model of the rules in plain Python."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from exconn.contracts import CANCELLATIONS, HoldReason, WaitReason
from exconn.keyspace import keys
from exconn.ledger import (
    HasBegunError,
    IllegalCallError,
    Lease,
    LeaseLostError,
    Limits,
    OpenActionError,
    Proven,
    Ring,
    State,
    Stopped,
    UnknownParentError,
    Window,
)
from tests.conformance.ledger.model import BREAKER, QUOTA, Expected, Model
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene

if TYPE_CHECKING:
    from exconn.ledger import Claim

LIMITS = Limits(breaker=(Window(BREAKER, AN_HOUR),), quota=(Window(QUOTA, AN_HOUR),), fleet_floor=BREAKER)
AT_ONCE = timedelta(0)
FAR_OFF = timedelta(hours=1)
CREDIT = 2
WAITS = [None, WaitReason.DEVICE_SILENT, WaitReason.UNREACHABLE]


class Calls(RuleBasedStateMachine):
    """A connector of a few jobs and devices, so that calls meet each other often."""

    client: redis.Redis
    jobs: Bundle[str] = Bundle("jobs")
    leases: Bundle[Lease] = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.client.flushall()
        self.scene = Scene(self.client)
        self.scene.resume()
        self.model = Model()

    @rule(
        target=jobs,
        device=st.sampled_from([None, None, "phone-1", "phone-2"]),
        requester=st.sampled_from(["hr", "desk"]),
        parked=st.booleans(),
    )
    def insert(self, device: str | None, requester: str, parked: bool) -> str:
        wanted = {"device": device, "requester": requester, "parked": parked, "limits": LIMITS}
        open_action = self.model.open_action(device)
        if open_action:
            with pytest.raises(OpenActionError, match=open_action):
                self.scene.insert(**wanted)
            return open_action
        job_id = self.scene.insert(**wanted)
        self.model.insert(job_id, Expected(device=device, requester=requester), parked=parked)
        return job_id

    @rule(target=jobs, parent=jobs, older=st.integers(0, 1))
    def insert_part(self, parent: str, older: int) -> str:
        generation = max(0, self.model.jobs[parent].own_generation - older)
        taken = self.model.takes_part(parent, generation)
        try:
            job_id = self.scene.insert(parent=parent, generation=generation, requester="hr", limits=LIMITS)
        except UnknownParentError:
            assert not taken
            return parent
        assert taken
        self.model.insert(job_id, Expected(parent=parent, generation=generation), parked=False)
        return job_id

    @rule(target=leases, job_id=jobs)
    def claim(self, job_id: str) -> Lease:
        return self._claimed(job_id, self.scene.ledger.claim(job_id, "one"))

    @rule(target=leases, job_id=jobs)
    def claim_and_die(self, job_id: str) -> Lease:
        lease = self._claimed(job_id, self.scene.hasty.claim(job_id, "doomed"))
        if self.model.owns(job_id, lease.epoch):
            self.model.jobs[job_id].lapsed = True
            self.scene.wait_past(job_id)
        return lease

    def _claimed(self, job_id: str, claim: "Claim | None") -> Lease:
        assert (claim is not None) is self.model.claim(job_id)
        if claim is None:
            return Lease(job_id=job_id, token="", epoch=0, worker="late", deadline=0.0)
        assert claim.lease.epoch == self.model.jobs[job_id].epoch
        return claim.lease

    def _by_holder(self, lease: Lease, call: Callable[[], object], expected: Callable[[str], object]) -> None:
        owned = self.model.owns(lease.job_id, lease.epoch)
        try:
            call()
        except LeaseLostError:
            assert not owned
            return
        assert owned
        expected(lease.job_id)

    @rule(lease=leases, outcome=st.sampled_from(["succeeded", "failed", "refused"]))
    def settle(self, lease: Lease, outcome: str) -> None:
        untrue = outcome == "refused" and self.model.jobs[lease.job_id].begun > 0
        rings: list[Ring] = []

        def call() -> None:
            try:
                rings.extend(self.scene.ledger.settle(lease, outcome))
            except HasBegunError:
                assert untrue
            else:
                assert not untrue

        def expected(job_id: str) -> None:
            if not untrue:
                self.model.settle(job_id, outcome)
                self._unparked({ring.job_id for ring in rings})

        self._by_holder(lease, call, expected)

    def _unparked(self, rung: set[str]) -> None:
        assert rung <= self.model.parked()
        for job_id in rung:
            self.model.unpark(job_id)

    @rule(lease=leases, soon=st.booleans(), reason=st.sampled_from(WAITS), failed=st.booleans())
    def defer(self, lease: Lease, soon: bool, reason: WaitReason | None, failed: bool) -> None:
        delay = AT_ONCE if soon else FAR_OFF

        def call() -> None:
            self.scene.ledger.defer(lease, delay, reason=reason, failed=failed, cancel_within=AT_ONCE)

        def expected(job_id: str) -> None:
            self.model.defer(job_id, soon=soon, reason=reason or "", failed=failed)

        self._by_holder(lease, call, expected)

    @rule(target=leases, job_id=jobs, reason=st.sampled_from(WAITS), failed=st.booleans())
    def look(self, job_id: str, reason: WaitReason | None, failed: bool) -> Lease:
        """Claim and defer in one, so that long runs of looks come about."""
        lease = self.claim(job_id)
        assert isinstance(lease, Lease)
        self.defer(lease, True, reason, failed)
        job = self.model.jobs[job_id]
        if job.wait == "time" and job.due:
            self.scene.wait_past(job_id)
        return lease

    @rule(job_id=jobs)
    def look_again(self, job_id: str) -> None:
        assert self.scene.ledger.look_again(job_id) is self.model.look_again(job_id)

    @rule(lease=leases, reason=st.sampled_from([HoldReason.NO_MAILBOX, HoldReason.BREAKER, HoldReason.CANCEL_REFUSED]))
    def hold(self, lease: Lease, reason: HoldReason) -> None:
        def expected(job_id: str) -> None:
            self.model.hold(job_id, reason, after_a_look=True)

        self._by_holder(lease, lambda: self.scene.ledger.hold(lease, reason), expected)

    @rule(lease=leases)
    def restart_list(self, lease: Lease) -> None:
        self._by_holder(lease, lambda: self.scene.ledger.restart_list(lease), self.model.restart_list)

    @rule(lease=leases)
    def await_children(self, lease: Lease) -> None:
        self._by_holder(lease, lambda: self.scene.ledger.await_children(lease), self.model.await_children)

    @rule(lease=leases)
    def renew(self, lease: Lease) -> None:
        job = self.model.jobs[lease.job_id]
        may = self.model.owns(lease.job_id, lease.epoch)

        assert self.scene.ledger.renew(lease) is may
        job.lapsed = job.lapsed and not may

    @rule(lease=leases, withdraw=st.booleans())
    def begin(self, lease: Lease, withdraw: bool) -> None:
        owned = self.model.owns(lease.job_id, lease.epoch) and not self.model.jobs[lease.job_id].lapsed
        expected = self.model.begin(lease.job_id, withdraw=withdraw) if owned else "lost"

        assert self._begun(lease, withdraw=withdraw) == expected

    def _begun(self, lease: Lease, *, withdraw: bool) -> str:
        try:
            proven = Proven(grant=self.scene.job(lease.job_id).grant)
            self.scene.ledger.begin(lease, proven=proven, purpose="withdraw" if withdraw else "issue")
        except LeaseLostError:
            return "lost"
        except Stopped as stopped:
            return stopped.reason if stopped.outcome in ("held", "waiting") else stopped.outcome
        return "begun"

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        assert self.scene.ledger.cancel(job_id, by="boss") == self.model.cancel(job_id)

    @rule(job_id=jobs)
    def release(self, job_id: str) -> None:
        released = self.scene.ledger.release(CONNECTOR, [job_id], release_id="r1", by="boss")

        assert (released == [job_id]) is self.model.release(job_id)

    @rule(job_id=jobs)
    def retry(self, job_id: str) -> None:
        try:
            self.scene.ledger.retry(job_id, by="boss")
        except IllegalCallError:
            assert not self.model.retry(job_id)
        else:
            assert self.model.retry(job_id)

    @rule()
    def pause(self) -> None:
        self.scene.ledger.pause(CONNECTOR, by="boss")
        self.model.running = False

    @rule()
    def resume(self) -> None:
        stopped = [job_id for job_id, job in self.model.jobs.items() if job.wait == "switch"]
        self.scene.resume()
        self.model.resume()
        for job_id in stopped:
            self.scene.wait_past(job_id)

    @rule()
    def ring(self) -> None:
        parked = self.model.parked()
        flying = self.client.scard(keys.in_flight("wipe", CONNECTOR))
        rung = {ring.job_id for ring in self.scene.ledger.doorbells_due(CONNECTOR, credit={"wipe": CREDIT})}
        unparked = rung & parked
        assert len(unparked) == min(len(parked), max(0, CREDIT - flying))
        assert all(self.model.jobs[job_id].state not in ("settled", "held") for job_id in rung)
        for job_id in unparked:
            self.model.unpark(job_id)
        over = [job_id for job_id in self.model.jobs if self.model.is_over(job_id)]
        surely_due = {job_id for job_id in over if self.model.is_surely_due(job_id)}
        self.model.ring()
        # One that is queued is rung, and so ended, only when its last ring was some seconds ago.
        ended = {job_id for job_id in over if self.scene.state(job_id) is State.SETTLED}
        assert surely_due <= ended
        for job_id in ended:
            self.model.settle(job_id, "cancelled")

    @invariant()
    def each_job_is_as_the_model_says(self) -> None:
        for job_id, expected in self.model.jobs.items():
            job = self.scene.job(job_id)
            found = (job.state, job.wait, job.epoch, job.crashes, job.begun, job.cancel, job.reason, job.outcome)
            assert (job.phase, job.failures, job.looks) == (expected.phase, expected.failures, expected.looks)
            assert found == (
                expected.state,
                expected.wait,
                expected.epoch,
                expected.crashes,
                expected.begun,
                expected.cancel,
                expected.reason if expected.state != "settled" else job.reason,
                expected.outcome,
            )
            assert (job.own_generation, job.sealed, job.unread) == (
                expected.own_generation,
                expected.sealed,
                expected.unread,
            )
            assert job.pending == expected.pending

    @invariant()
    def the_indexes_agree_with_the_jobs(self) -> None:
        open_jobs = {job_id for job_id, job in self.model.jobs.items() if job.state != "settled"}
        assert self.scene.ledger.unsettled(CONNECTOR) == open_jobs
        actions = {job.device: job_id for job_id, job in self.model.jobs.items() if job_id in open_jobs and job.device}
        assert self.client.hgetall(keys.open_actions(CONNECTOR)) == actions
        due = set(self.client.zrange(keys.due("actions", CONNECTOR), 0, -1))
        attended = {job_id for job_id in open_jobs if self._wants_attention(self.model.jobs[job_id])}
        assert due == attended

    @invariant()
    def what_is_ahead_and_what_brakes_hold_is_counted(self) -> None:
        for requester in self.model.quota:
            ahead = {job_id for job_id in self.model.ahead if self.model.jobs[job_id].requester == requester}
            assert set(self.client.zrange(keys.quota_ahead(CONNECTOR, requester), 0, -1)) == ahead
            held = self.client.zrange(keys.held(CONNECTOR, requester), 0, -1)
            assert set(held) == self.model.held_by_brakes(requester)
        assert set(self.client.zrange(keys.brake_ahead(CONNECTOR, "erase"), 0, -1)) == self.model.ahead

    @invariant()
    def nobody_s_cancellation_is_forgotten(self) -> None:
        """A held job was not cancelled, or its reason says that it was: no mark waits where nobody sees it."""
        for job_id in self.model.jobs:
            job = self.scene.job(job_id)
            assert not (job.state is State.HELD and job.cancel) or job.reason in CANCELLATIONS
            assert not (job.state is State.HELD and job.parent)

    @invariant()
    def the_messages_have_no_gap(self) -> None:
        sequence = [message.sequence for message in self.scene.messages()]
        assert sequence == list(range(1, len(sequence) + 1))

    @invariant()
    def each_job_has_said_what_is_news_and_no_more(self) -> None:
        counted = Counter(message.job for message in self.scene.messages())
        assert {job_id: counted[job_id] for job_id in self.model.jobs} == {
            job_id: job.messages for job_id, job in self.model.jobs.items()
        }

    @staticmethod
    def _wants_attention(job: Expected) -> bool:
        return job.state in ("queued", "claimed") or job.wait == "time"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_random_calls_leave_the_ledger_as_the_model_says(redis_client: redis.Redis) -> None:
    class OnThisServer(Calls):
        client = redis_client

    chosen = settings(
        max_examples=40,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(OnThisServer, settings=chosen)
