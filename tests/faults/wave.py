"""A wave of trials at the same time: asked for while the workers stand still, struck, and followed to their ends."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from exconn.contracts import CANCELLATIONS, HoldReason
from exconn.contracts.request import RequestKind, Target
from exconn.contracts.seen import seen_of_shown
from exconn.keyspace import keys
from exconn.ledger import IllegalCallError, Ledger
from tests.faults.asking import Asked
from tests.faults.disturber import Disturber
from tests.faults.policy_runs import PolicyRuns
from tests.support.exchange.shown_devices import shown
from tests.support.fault_runs.evidence import now
from tests.support.fault_runs.fault_kinds import FaultKind, Faults
from tests.support.fault_runs.markers import Markers
from tests.support.fault_runs.points import FROZEN_SENT, IN_ACTIONS, IN_COORDINATOR, IN_INTAKE, PROJECTING, SENT
from tests.support.fault_runs.setting import REQUESTER, Setting
from tests.support.fault_runs.trial import Trial
from tests.support.machine.processes import comes_true
from tests.support.system.cluster import Cluster

ASK_WITHIN = timedelta(seconds=180)
END_WITHIN = timedelta(seconds=400)
ASK_AGAIN = timedelta(seconds=0.3)
LOOK_EVERY = timedelta(seconds=0.1)
SENDERS = 8
#: So late is the answer to a wipe cmdlet that a kill surely comes before it.
LATE_SECONDS = 1.0
#: What a person has go on who knows why the workers died, or that the phone is about to tell.
LET_GO_ON = frozenset({HoldReason.KILLS_ITS_WORKER, *CANCELLATIONS})
LEASE = timedelta(seconds=3)
#: Longer than the lease and its renewal.
FROZEN_FOR = timedelta(seconds=5)
#: The phases of a wipe, in the order in which it comes to them.
PHASES = ("accepted", "issuing", "issued", "sent")
#: A wipe that is cancelled there is taken back in Exchange: its phone is off, so it cannot be faster.
TAKEN_BACK_AT = "issued"


@dataclass(frozen=True)
class Doors:
    """The addresses of the intakes: one that lives, and those that die at their failpoints."""

    sound: str
    struck: tuple[str, ...]

    def of(self, trial: Trial) -> str:
        """Where a trial's request goes; a requester tries the same address until it is answered."""
        if set(trial.point.failpoints) & set(IN_INTAKE):
            return self.struck[trial.number % len(self.struck)]
        return self.sound


class Wave:
    """Runs trials to their ends, or until its time is up; what is left undone is the judge's business."""

    def __init__(
        self,
        cluster: Cluster,
        setting: Setting,
        markers: Markers,
        doors: Doors,
        tell: Callable[[str], None],
        *,
        faults: Faults,
        disturber: Disturber,
        policy: PolicyRuns,
    ) -> None:
        self._cluster = cluster
        self._faults = faults
        self._disturber = disturber
        self._policy = policy
        self._cancels: dict[str, Asked] = {}
        #: Frozen processes, and when they are to go on.
        self._frozen: dict[str, float] = {}
        self._doors = doors
        self._setting = setting
        self._markers = markers
        self._tell = tell
        self._ledger = Ledger(cluster.client)
        self._seen = 0

    def run(self, trials: Sequence[Trial]) -> None:
        for trial in trials:
            spared = set(IN_INTAKE) - set(trial.point.failpoints)
            self._markers.spare(spared, f"{REQUESTER}:{trial.nonce}")
        with self._standing_still(), ThreadPoolExecutor(SENDERS) as pool:
            self._policy.begin()
            list(pool.map(self._ask, trials))
        self._disturber.begin()
        self._follow([trial for trial in trials if trial.job])
        self._thaw(before=float("inf"))

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        """Workers and coordinators wait until each job's place to die is known."""
        for service in ("actions", "coordinator"):
            self._cluster.freeze(service)
        try:
            yield
        finally:
            for service in ("coordinator", "actions"):
                self._cluster.thaw(service)

    def _ask(self, trial: Trial) -> None:
        """Send the same bytes until they are answered, as every requester is told to."""
        if trial.cancel_at == TAKEN_BACK_AT:
            self._cluster.simulator.phone(trial.guid, "offline")
        seen = seen_of_shown(trial.nonce, shown(self._cluster.simulator, trial.guid))
        target = Target(device=trial.guid, seen=seen)
        asked = Asked(self._cluster, self._setting.key, RequestKind.WIPE, trial.connector, target, nonce=trial.nonce)
        comes_true(lambda: self._is_answered(asked, trial), ASK_WITHIN, every=ASK_AGAIN)

    def _is_answered(self, asked: Asked, trial: Trial) -> bool:
        answer = asked.send(self._doors.of(trial))
        if answer is not None and answer.status == "refused":
            self._tell(f"trial {trial.number} was refused: {answer.error} {answer.text}")
            return True
        if answer is not None and answer.status == "accepted" and answer.job:
            trial.job = answer.job
            spared = {*IN_ACTIONS, *IN_COORDINATOR} - set(trial.point.failpoints)
            self._markers.spare(spared, trial.job)
            return True
        return False

    def _follow(self, trials: Sequence[Trial]) -> None:
        started = time.monotonic()
        open_trials = list(trials)

        def all_have_ended() -> bool:
            if not self._goes_on(open_trials):
                return True
            self._disturber.step()
            self._policy.step()
            self._thaw(before=time.monotonic())
            self._strike_from_outside(trials)
            self._bring_phones_back(trials)
            for trial in [trial for trial in open_trials if self._has_ended(trial)]:
                trial.took = timedelta(seconds=time.monotonic() - started)
                open_trials.remove(trial)
            return False

        comes_true(all_have_ended, END_WITHIN, every=LOOK_EVERY)
        for trial in open_trials:
            state, phase, reason = self._cluster.client.hmget(keys.job(trial.job), "state", "phase", "reason")
            place = f"trial {trial.number} ({trial.point.name}), {trial.job}"
            self._tell(f"{place}, has not ended: {state!s} {phase!s} {reason!s}")

    def _goes_on(self, open_trials: Sequence[Trial]) -> bool:
        return bool(open_trials) or not (self._disturber.is_done and self._policy.is_done)

    def _has_ended(self, trial: Trial) -> bool:
        state, reason, phase = self._cluster.client.hmget(keys.job(trial.job), "state", "reason", "phase")
        if trial.point is PROJECTING and not trial.struck and phase not in ("", "accepted"):
            self._strike(trial, "monitor")
        if trial.cancel_at and not trial.cancelled and state != "settled" and phase in PHASES:
            self._cancel(trial, phase)
        if state == "held" and reason in LET_GO_ON:
            self._tell(f"{trial.job} was held as {reason} and let go on")
            self._retry(trial)
        if state == "held" and reason == HoldReason.UNPROVEN and trial.enrolled_at is not None:
            self._close(trial)
        back = not trial.enrols or trial.enrolled_at is not None
        return state == "settled" and back

    def _cancel(self, trial: Trial, phase: str) -> None:
        """Its requester takes it back, once it has come so far."""
        if PHASES.index(phase) < PHASES.index(trial.cancel_at):
            return
        if self._is_cancellation_taken(trial):
            trial.cancelled = True
            self._faults[FaultKind.CANCELS] += 1

    def _is_cancellation_taken(self, trial: Trial) -> bool:
        target = Target(jobs=(trial.job,))
        asked = self._cancels.setdefault(
            trial.job, Asked(self._cluster, self._setting.key, RequestKind.JOB_CANCEL, trial.connector, target)
        )
        answer = asked.send(self._doors.sound)
        return answer is not None and answer.status == "accepted"

    def _close(self, trial: Trial) -> None:
        """What a person does who has found out that the phone was erased and is in use again."""
        if self._is_cancellation_taken(trial):
            self._tell(f"{trial.job} was held as {HoldReason.UNPROVEN} after its phone came back, and closed")
            trial.closed = True

    def _retry(self, trial: Trial) -> None:
        """What a person does who knows why the workers died."""
        trial.retries += 1
        try:
            self._ledger.retry(trial.job, by="campaign")
        except IllegalCallError:
            return

    def _strike_from_outside(self, trials: Sequence[Trial]) -> None:
        """Kill or freeze the worker whose wipe cmdlet has just been executed and not answered yet."""
        entries = self._cluster.simulator.oracle(cmdlet="Clear-*", since=self._seen)
        for entry in entries:
            self._seen = max(self._seen, int(entry["n"]))
            for trial in trials:
                if trial.point in (SENT, FROZEN_SENT) and not trial.struck and trial.guid == entry["identity_guid"]:
                    worker = str(self._cluster.client.hget(keys.job(trial.job), "worker"))
                    self._strike(trial, self._cluster.member_of(_pid_of(worker)))

    def _strike(self, trial: Trial, member: str | None) -> None:
        trial.struck = True
        if member is None:
            return
        if trial.point is FROZEN_SENT:
            self._cluster.freeze_process(member)
            self._frozen[member] = time.monotonic() + FROZEN_FOR.total_seconds()
            self._faults[FaultKind.WORKERS_FROZEN] += 1
        else:
            self._cluster.kill(member)
            self._faults[FaultKind.PROCESSES_KILLED] += 1

    def _thaw(self, *, before: float) -> None:
        for member in [name for name, at in self._frozen.items() if at <= before]:
            del self._frozen[member]
            self._cluster.thaw_process(member)

    def _bring_phones_back(self, trials: Sequence[Trial]) -> None:
        """A phone that has acknowledged its wipe enrols again at once: from now on it belongs to somebody."""
        for trial in trials:
            if not trial.enrols or trial.enrolled_at is not None:
                continue
            if self._cluster.simulator.device(trial.guid)["wipe"]["acknowledged"] is None:
                continue
            trial.enrolled_at = now()
            devices = self._cluster.simulator.phone(trial.guid, "enrol", form=trial.enrols)
            trial.later_guids += [str(device["guid"]) for device in devices if device["guid"] != trial.guid]


def _pid_of(worker: str) -> int:
    """The process in a worker's name: `actions.<pid>@<host>`."""
    number = worker.partition("@")[0].rpartition(".")[2]
    return int(number) if number.isdigit() else -1
