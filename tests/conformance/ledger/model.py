"""The ledger's rules once more, in plain Python and without a server: what random calls are compared with.

Time is reduced to what matters: due now or far off, a lease that holds or has run out.
"""

from dataclasses import dataclass, field

MOST_CRASHES = 3
BREAKER = 3
QUOTA = 2
#: How many actions a requester may have open.
MOST_OPEN = 20
DOUBLINGS = (1, 2, 4, 8, 16, 32, 64)
MOST_MARKED_LOOKS = 5
#: Reasons that show themselves that a cancellation is wanted.
CANCELLATIONS = ("cancel_refused", "cancel_wanted")


@dataclass
class Expected:
    """A job as it should be."""

    requester: str = "hr"
    device: str | None = None
    parent: str | None = None
    generation: int = 0
    credit: bool = False
    state: str = "queued"
    wait: str = ""
    due: bool = True
    lapsed: bool = False
    epoch: int = 0
    crashes: int = 0
    begun: int = 0
    cancel: bool = False
    #: How often it was looked at again in place of being held.
    marked_looks: int = 0
    grant: bool = False
    grant_used: bool = False
    reason: str = ""
    outcome: str = ""
    own_generation: int = 0
    pending: int = 0
    sealed: bool = False
    unread: int = 0
    phase: str = "accepted"
    failures: int = 0
    looks: int = 0
    #: Whether the next claim is only a look.
    look: bool = False
    #: How many messages there are of it, and what the last one said.
    messages: int = 0
    said: tuple[str, str, str] = ("", "", "")
    told: set[str] = field(default_factory=set)
    repeats: int = 0

    def say(self) -> None:
        """One more message."""
        self.messages += 1
        self.said = self.standing

    @property
    def standing(self) -> tuple[str, str, str]:
        return (self.state, self.phase, self.reason)

    def say_news(self, *, failed: bool) -> None:
        """One more message, if the look that has just ended found something new."""
        self.looks += 1
        if self.said[:2] != (self.state, self.phase):
            self.told, self.repeats = {self.reason}, 0
            self.say()
        elif self.reason not in self.told:
            self.told.add(self.reason)
            self.say()
        elif self.said != self.standing:
            self.repeats += 1
            if self.repeats in DOUBLINGS:
                self.say()
        elif failed and self.failures > 1 and self.failures in DOUBLINGS:
            self.say()


@dataclass
class Model:
    """All jobs of one connector, and its brakes."""

    jobs: dict[str, Expected] = field(default_factory=dict)
    running: bool = True
    #: Who turned the kill switch on first since it last let jobs through, and whether others did too.
    paused_by: str = ""
    paused_again: bool = False
    brake: set[str] = field(default_factory=set)
    quota: dict[str, set[str]] = field(default_factory=lambda: {"hr": set(), "desk": set()})
    #: What was let in and nothing has stopped or put off: it counts when something new comes.
    ahead: set[str] = field(default_factory=set)

    def open_action(self, device: str | None) -> str | None:
        """The open action of a device."""
        mine = (job_id for job_id, job in self.jobs.items() if device and job.device == device)
        return next((job_id for job_id in mine if self.jobs[job_id].state != "settled"), None)

    def gives_way(self, job_id: str, requester: str, *, parked: bool) -> bool:
        """Whether a held action gives way to one of that requester, who is let in now."""
        before = self.jobs[job_id]
        if before.state != "held" or before.begun or before.requester == requester or parked or not self.running:
            return False
        return not self._full_brake("", Expected(requester=requester), self.ahead)

    def open_of(self, requester: str) -> set[str]:
        """The actions of a requester that have not settled."""
        open_jobs = {job_id: job for job_id, job in self.jobs.items() if job.state != "settled" and not job.parent}
        return {job_id for job_id, job in open_jobs.items() if job.requester == requester}

    def takes_part(self, parent: str, generation: int) -> bool:
        """Whether a parent takes a part of that generation."""
        job = self.jobs[parent]
        return job.state != "settled" and not job.sealed and job.own_generation == generation

    def insert(self, job_id: str, job: Expected, *, parked: bool) -> None:
        self.jobs[job_id] = job
        if job.parent:
            self.jobs[job.parent].pending += 1
        if parked:
            job.credit = True
            job.state, job.wait = "waiting", "credit"
        job.say()
        if parked or job.parent:
            return
        if brake := self._full_brake(job_id, job, self.ahead):
            self.hold(job_id, brake)
        else:
            self.ahead.add(job_id)

    def claim(self, job_id: str) -> bool:
        job = self.jobs[job_id]
        lost = job.state == "claimed" and job.lapsed
        if not (lost or job.state == "queued" or (job.state == "waiting" and job.wait == "time" and job.due)):
            return False
        if self.is_over(job_id):
            self.settle(job_id, "cancelled")
            return False
        if lost:
            job.crashes += 1
            job.look = False
            job.say()
            if job.crashes >= MOST_CRASHES:
                self.hold(job_id, "kills_its_worker")
                return False
        if job.begun == 0 and self._stop(job_id, self._brakes(job_id, job)):
            return False
        job.state, job.wait, job.lapsed = "claimed", "", False
        job.epoch += 1
        if not job.look:
            job.say()
        return True

    def is_over(self, job_id: str) -> bool:
        """Whether nobody waits for the job any more, as far as nothing of it has begun."""
        job = self.jobs[job_id]
        if job.begun or job.state == "settled" or (job.state == "claimed" and not job.lapsed):
            return False
        parent = self.jobs.get(job.parent or "")
        is_counted = parent is None or (parent.state != "settled" and parent.own_generation == job.generation)
        return job.cancel or not is_counted

    def is_surely_due(self, job_id: str) -> bool:
        """Whether the next round comes by that job."""
        job = self.jobs[job_id]
        return (job.state == "claimed" and job.lapsed) or (job.wait == "time" and job.due)

    def owns(self, job_id: str, epoch: int) -> bool:
        """Whether a holder of that epoch may write."""
        job = self.jobs[job_id]
        return job.state == "claimed" and job.epoch == epoch

    def begin(self, job_id: str, *, withdraw: bool) -> str:
        """What begin answers: begun, or why not."""
        job = self.jobs[job_id]
        stopped = "" if withdraw else self._obstacle(job_id, job)
        self.ahead.discard(job_id)
        if self._stop(job_id, stopped):
            return "failed" if job.outcome == "failed" else stopped
        if not withdraw:
            self.brake.add(job_id)
            self.quota[job.requester].add(job_id)
            job.grant_used = job.grant_used or job.grant
            job.grant = False
        job.begun += 1
        job.phase, job.look = "issuing", False
        job.say()
        return "begun"

    def _stop(self, job_id: str, obstacle: str) -> bool:
        """What becomes of a job that may not begin; whether it may not."""
        job = self.jobs[job_id]
        if obstacle == "cancelled":
            self.settle(job_id, "cancelled")
        elif obstacle == "paused":
            self.ahead.discard(job_id)
            job.state, job.wait, job.crashes, job.reason = "waiting", "switch", 0, "kill_switch"
            job.look = False
            job.say()
        elif obstacle:
            self.hold(job_id, obstacle)
        return bool(obstacle)

    def _obstacle(self, job_id: str, job: Expected) -> str:
        return "cancelled" if job.cancel else self._brakes(job_id, job)

    def _brakes(self, job_id: str, job: Expected) -> str:
        """The brake that does not let a job begin now."""
        if not self.running:
            return "paused"
        return "" if job.grant else self._full_brake(job_id, job, set())

    def _full_brake(self, job_id: str, job: Expected, ahead: set[str]) -> str:
        spent = self.quota[job.requester]
        own = {other for other in ahead if self.jobs[other].requester == job.requester}
        if job_id not in spent and len(spent) + len(own) >= QUOTA:
            return "quota"
        if job_id not in self.brake and len(self.brake) + len(ahead) >= BREAKER:
            return "breaker"
        return ""

    def settle(self, job_id: str, outcome: str) -> None:
        job = self.jobs[job_id]
        self.ahead.discard(job_id)
        job.state, job.wait, job.outcome = "settled", "", outcome
        job.say()
        parent = self.jobs.get(job.parent or "")
        if parent is None or parent.state == "settled" or parent.own_generation != job.generation:
            return
        parent.unread += outcome != "succeeded"
        parent.pending -= 1
        if parent.pending <= 0 and parent.sealed and parent.wait == "children":
            parent.wait, parent.due = "time", True

    def defer(self, job_id: str, *, soon: bool, reason: str, failed: bool) -> None:
        job = self.jobs[job_id]
        self.ahead.discard(job_id)
        job.state, job.wait, job.due = "waiting", "time", soon or job.cancel
        job.crashes, job.reason, job.look = 0, reason, True
        job.failures = job.failures + 1 if failed else 0
        job.say_news(failed=failed)

    def hold(self, job_id: str, reason: str, *, after_a_look: bool = False) -> None:
        job = self.jobs[job_id]
        if after_a_look:
            job.crashes = 0
        if self._needs_nobody(job_id, reason):
            job.looks += after_a_look
            return
        if job.cancel and reason not in CANCELLATIONS:
            reason = "cancel_wanted"
        self.ahead.discard(job_id)
        job.state, job.wait, job.reason, job.failures = "held", "", reason, 0
        if after_a_look:
            job.say_news(failed=False)
        else:
            job.say()

    def _needs_nobody(self, job_id: str, reason: str) -> bool:
        job = self.jobs[job_id]
        if job.cancel and not job.begun:
            self.settle(job_id, "cancelled")
        elif job.parent:
            self.settle(job_id, "failed")
        elif job.cancel and reason not in CANCELLATIONS:
            job.marked_looks += 1
            if job.marked_looks > MOST_MARKED_LOOKS:
                return False
            job.state, job.wait, job.due, job.reason = "waiting", "time", True, reason
            job.look, job.failures = True, 0
            job.say()
        else:
            return False
        return True

    def look_again(self, job_id: str) -> bool:
        job = self.jobs[job_id]
        if job.state != "held" or job.reason in ("breaker", "quota"):
            return False
        self._go_on(job)
        job.look = True
        return True

    def restart_list(self, job_id: str) -> None:
        job = self.jobs[job_id]
        job.own_generation += 1
        job.pending, job.sealed, job.unread = 0, False, 0
        if job.own_generation > 1:
            job.say()

    def await_children(self, job_id: str) -> None:
        job = self.jobs[job_id]
        if job.cancel and not job.begun:
            self.settle(job_id, "cancelled")
            return
        job.state, job.sealed, job.crashes, job.due = "waiting", True, 0, True
        job.failures, job.reason = 0, ""
        job.wait = "children"
        job.say()
        job.wait = "children" if job.pending > 0 else "time"

    def cancel(self, job_id: str) -> str:
        job = self.jobs[job_id]
        if job.state == "settled":
            return "settled"
        if job.state != "claimed" and job.begun == 0:
            self.settle(job_id, "cancelled")
            return "cancelled"
        if not job.cancel or job.state == "held":
            if job.state != "claimed":
                self._go_on(job)
            job.marked_looks = 0
            job.say()
        job.cancel = True
        return "marked"

    def release(self, job_id: str) -> bool:
        job = self.jobs[job_id]
        if job.state != "held":
            return False
        job.grant = job.grant or (job.reason in ("breaker", "quota") and not job.grant_used)
        self._let_go(job)
        return True

    def retry(self, job_id: str) -> bool:
        job = self.jobs[job_id]
        if job.state in ("claimed", "settled") or (job.state == "waiting" and job.wait != "time"):
            return False
        if job.state == "held" and job.reason in ("breaker", "quota"):
            return False
        self._let_go(job)
        return True

    def _let_go(self, job: Expected) -> None:
        job.reason, job.crashes, job.failures = "", 0, 0
        self._go_on(job)
        job.say()

    def _go_on(self, job: Expected) -> None:
        if job.credit and (job.state == "held" or job.wait == "credit"):
            job.state, job.wait = "waiting", "credit"
        else:
            job.state, job.wait, job.look = "queued", "", False

    def pause(self, by: str) -> None:
        if self.running or not self.paused_by:
            self.paused_by, self.paused_again = by, False
        elif by != self.paused_by:
            self.paused_again = True
        self.running = False

    def may_resume(self, by: str) -> bool:
        """Whether it is up to that one alone to turn the kill switch off."""
        if self.running or not self.paused_by:
            return True
        has_asked = any(job.requester == by and not job.parent for job in self.jobs.values())
        if by == self.paused_by and not (has_asked and self.paused_again):
            return True
        return not has_asked and any(job.wait == "switch" for job in self.jobs.values())

    def resume(self) -> None:
        self.running, self.paused_by = True, ""
        for job in self.jobs.values():
            if job.wait == "switch":
                job.wait, job.due, job.reason = "time", True, ""

    def ring(self) -> None:
        """What is due is queued; what nobody waits for any more has ended instead (see `is_over`)."""
        for job in self.jobs.values():
            if job.state == "waiting" and job.wait == "time" and job.due:
                job.state, job.wait = "queued", ""

    def parked(self) -> set[str]:
        return {job_id for job_id, job in self.jobs.items() if job.wait == "credit"}

    def unpark(self, job_id: str) -> None:
        job = self.jobs[job_id]
        job.state, job.wait, job.look = "queued", "", False
        job.say()
