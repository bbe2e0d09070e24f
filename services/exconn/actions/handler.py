"""The life of an action, one claim at a time: issue, read back after an unclear answer, look until it has ended.

An action stays one job: each claim finds its phase in the ledger and takes the next step. Only steps behind `begin`
send a cmdlet, and running a step twice is safe, because each begins by reading Exchange.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.actions.action_recorder import ActionRecorder
from exconn.actions.context import ActionContext, Pauses
from exconn.actions.given_up import given_up
from exconn.actions.grant import releases_of
from exconn.actions.look import NoStatisticsError
from exconn.actions.notes import Notes
from exconn.actions.numbers import ActionNumbers
from exconn.actions.partnership_check import refused
from exconn.actions.send import without_effect
from exconn.actions.verify import SEAL, SEEN_BY_INTAKE, UNKNOWN_KEY, check_seal, digest_of, verified
from exconn.connector import ConnectorStore
from exconn.contracts import Checks, EndReason, HoldReason, Phase, RefuseReason, WaitReason, is_in_exchange
from exconn.contracts.work import ActionPayload
from exconn.doorbell import Decision, Defer, Hold, Running, Settle
from exconn.exchange import BlockedByScan, Transient
from exconn.inventory import Register
from exconn.ledger import Job, Limits, Outcome
from exconn.ledger.limits_in_force import limits_in_force
from exconn.sessions import Sessions
from exconn.signing import NotAsSignedError, RegistryFile, SigningKey
from exconn.signing.release import Releases

#: Looks in a row without statistics before a person is asked.
MOST_WITHOUT_STATISTICS = 3
#: Tries in a row that were blocked before Exchange saw them, before a person is asked: some two and a half minutes with
#: their growing pauses. A scan that blocks them does not stop by itself; a server that starts anew has done so by then.
MOST_BLOCKED = 6


def _nothing_to_follow(_case: ActionContext) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What one kind of action does in its phases.

    `issue` reads, begins and sends. `read_back` finds out what became of a lost or unclear call, `follow` looks at an
    action that is in Exchange; both say None when it is to be issued (anew). An action of a kind whose life has no
    phases in Exchange has nothing to follow. `numbers` are those of its messages.
    """

    issue: Callable[[ActionContext], Decision]
    read_back: Callable[[ActionContext], Decision | None]
    follow: Callable[[ActionContext], Decision | None] = _nothing_to_follow
    numbers: ActionNumbers = field(default_factory=ActionNumbers)


@dataclass(frozen=True, kw_only=True)
class ActionHandler:
    """Does the next step of an action."""

    steps: Steps
    sessions: Sessions
    registry: RegistryFile
    store: ConnectorStore
    register: Register
    pauses: Pauses = field(default_factory=Pauses)
    #: With what intake's seal is checked; without it, it is not.
    intake_key: Ed25519PublicKey | None = None
    #: With what records are signed; without it, they are not.
    key: SigningKey | None = None

    def __call__(self, running: Running) -> Decision:
        recorder = ActionRecorder.of(running, self.key)
        return recorder.recorded(self._ended(running, self._decided(running, recorder)))

    def _decided(self, running: Running, recorder: ActionRecorder) -> Decision:
        job, work = running.job, running.work
        if not isinstance(work, ActionPayload):
            return Hold(HoldReason.UNREADABLE_PAYLOAD, data={"kind": job.kind, "problems": 1})
        if job.phase != Phase.ISSUING and not is_in_exchange(job.kind, job.phase):
            stopped = self._stopped(running, work)
            if stopped is not None:
                return stopped
        releases = releases_of(running, work, self.registry.current())
        with self.sessions.open(job.connector, "actions", need=running.need) as session:
            case = ActionContext(
                running=running,
                work=work,
                session=session,
                sessions=self.sessions,
                registry=self.registry,
                lookups=self.sessions.definition(job.connector, job.revision).lookups,
                notes=Notes(running),
                register=self.register,
                pauses=self.pauses,
                numbers=self.steps.numbers,
                recorder=recorder,
                releases=releases,
                limits_now=partial(self._limits_now, job),
            )
            try:
                decision = _told_of(releases, self._step(case))
            except NoStatisticsError:
                return _without_statistics(case)
            except BlockedByScan as exc:
                held = _blocked(case, exc)
                if held is None:
                    raise
                return held
            except Transient:
                case.notes.add(transient=case.notes.count("transient") + 1)
                ended = _out_of_time(case)
                if ended is None:
                    raise
                return ended
            case.notes.reset("transient")
            case.notes.reset("blocked")
            return decision

    def _ended(self, running: Running, decision: Decision) -> Decision:
        """An end that is kept with the request, so that nothing is issued for it any more."""
        work = running.work
        if not isinstance(decision, Settle) or not isinstance(work, ActionPayload):
            return decision
        try:
            request = verified(running.job, work, self.registry.current())
        except NotAsSignedError:
            return decision
        return replace(decision, request=digest_of(request))

    def _step(self, case: ActionContext) -> Decision:
        job = case.running.job
        found: Decision | None = None
        if is_in_exchange(job.kind, job.phase):
            found = self.steps.follow(case)
        elif job.phase == Phase.ISSUING:
            found = self.steps.read_back(case)
        if found is None and job.cancel and job.begun:
            return given_up(case)
        if found is None and job.phase == Phase.ISSUING:
            found = without_effect(case)
        return found or self._stopped(case.running, case.work) or self.steps.issue(case)

    def _limits_now(self, job: Job) -> Limits:
        registry, definition = self.registry.current(), self.store.definition(job.connector)
        quota = registry.quota_of(job.requester or "")
        return limits_in_force(definition, Checks(job.checks), bounds=registry.bounds, quota=quota)

    def _stopped(self, running: Running, work: ActionPayload) -> Decision | None:
        """What speaks against issuing, before anything is asked of Exchange; `begin` has the last word.

        Whatever an action that has not begun waits for, it waits no longer than it is valid. The seal comes first:
        where somebody changed what intake wrote, a person is asked, and the wipe of a stolen phone is not refused.
        """
        if running.job.cancel:
            return Settle(Outcome.CANCELLED, phase=Phase.CLOSED)
        if running.has_expired:
            return Settle(Outcome.EXPIRED, phase=Phase.CLOSED)
        try:
            check_seal(running.job, work, self.intake_key)
            verified(running.job, work, self.registry.current())
        except NotAsSignedError as exc:
            if exc.part == SEAL:
                return Hold(HoldReason.NOT_SEALED, data={"part": SEAL})
            if self.intake_key is not None and exc.part in SEEN_BY_INTAKE:
                return Hold(HoldReason.NOT_SEALED, data={"part": exc.part})
            if exc.part == UNKNOWN_KEY:
                return Hold(HoldReason.UNKNOWN_KEY)
            return refused(running.job, RefuseReason.NOT_AS_SIGNED, part=exc.part)
        if "actions" not in self.store.get(running.job.connector).armed:
            return Hold(HoldReason.NOT_ARMED, data={"feature": "actions"})
        return None


def _told_of(releases: Releases, decision: Decision) -> Decision:
    """Who is asked is told that what stands with the action as a release is none."""
    if not isinstance(decision, Hold) or not releases.part:
        return decision
    return replace(decision, release_part=releases.part, releases=releases.kept)


def _out_of_time(case: ActionContext) -> Decision | None:
    """What becomes of an action that Exchange could not answer for as long as it was valid.

    It expires where nothing was sent; of one that was sent and could not be read back, a person finds out. What is in
    Exchange is followed on.
    """
    job = case.running.job
    if job.valid_until is None or job.valid_until > case.running.ledger.time():
        return None
    if is_in_exchange(job.kind, job.phase):
        return None
    if not job.begun:
        return Settle(Outcome.EXPIRED, phase=Phase.CLOSED)
    return Hold(HoldReason.UNPROVEN, data={"cause": EndReason.TIME_PASSED})


def _blocked(case: ActionContext, error: BlockedByScan) -> Hold | None:
    """A person is asked in the end why nothing comes through; what is in Exchange is followed on."""
    if is_in_exchange(case.running.job.kind, case.running.job.phase):
        return None
    times = case.notes.count("blocked") + 1
    if times < MOST_BLOCKED:
        case.notes.add(blocked=times)
        return None
    case.notes.reset("blocked")
    return Hold(HoldReason.BLOCKED_BY_SCAN, data={"times": times, "server": error.server})


def _without_statistics(case: ActionContext) -> Decision:
    count = case.notes.count("unread") + 1
    if count >= MOST_WITHOUT_STATISTICS:
        case.notes.add(unread=0)
        return Hold(HoldReason.NO_STATISTICS)
    case.notes.add(unread=count)
    return Defer(case.pauses.missing, WaitReason.STATISTICS_NOT_SHOWN)
