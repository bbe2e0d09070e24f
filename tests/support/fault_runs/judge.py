"""The verdict on a campaign: pure, from the trials and what the witnesses say."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from exconn.contracts import EndReason
from exconn.ledger import Job, Outcome, State
from exconn.stream import Number, StatusMessage
from tests.support.fault_runs.evidence import Clear
from tests.support.fault_runs.trial import Trial
from tests.support.streams.traces import check_record

#: Status messages carry whole milliseconds, the log of cmdlets microseconds.
ROUNDING = timedelta(milliseconds=1)
#: How an accepted wipe may end that was issued once. A phone that came back meanwhile hides its acknowledgement: the
#: wipe is held then as not proven, until a person closes it.
ENDS = frozenset({Outcome.SUCCEEDED})
ENDS_OF_A_RETURNED_PHONE = frozenset({Outcome.SUCCEEDED, Outcome.GONE})
ENDS_OF_A_CLOSED_WIPE = ENDS_OF_A_RETURNED_PHONE | {Outcome.CANCELLED}
#: How one may end that its requester took back: the phone may have been faster.
ENDS_OF_A_CANCELLED_WIPE = frozenset({Outcome.SUCCEEDED, Outcome.CANCELLED})


@dataclass
class Verdict:
    """What was found, each with a sentence for people."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unaudited: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    illegal: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """All findings."""
        return self.lost + self.doubled + self.unaudited + self.stale + self.illegal

    def add(self, other: "Verdict") -> None:
        """What another judge found, too."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.unaudited += other.unaudited
        self.stale += other.stale
        self.illegal += other.illegal


def judge(
    trials: Sequence[Trial], jobs: Mapping[str, Job], clears: Sequence[Clear], messages: Sequence[StatusMessage]
) -> Verdict:
    """Judge each trial, and the audit sequence as a whole."""
    verdict = Verdict()
    for trial in trials:
        executed = [clear for clear in clears if clear.guid == trial.guid]
        issued = [clear for clear in executed if not clear.cancel]
        cancelled = [clear for clear in executed if clear.cancel]
        _judge_end(trial, jobs.get(trial.job), issued, cancelled, verdict)
        _judge_audit(trial, issued, messages, verdict, purpose="issue")
        _judge_audit(trial, cancelled, messages, verdict, purpose="withdraw")
        _judge_staleness(trial, clears, verdict)
    verdict.unaudited += gaps(messages)
    verdict.unaudited += _unasked(trials, clears)
    verdict.illegal += check_record(messages)
    return verdict


def _judge_end(
    trial: Trial, job: Job | None, issued: Sequence[Clear], cancelled: Sequence[Clear], verdict: Verdict
) -> None:
    name = f"trial {trial.number} ({trial.point.name}), {trial.job or 'never accepted'}"
    if job is None or job.state is not State.SETTLED or job.outcome not in _ends_of(trial):
        standing = "unknown" if job is None else f"{job.state} {job.phase} {job.outcome} {job.reason}"
        verdict.lost.append(f"lost: {name} is {standing}, with {len(issued)} cmdlets")
    elif job.outcome == Outcome.CANCELLED and not _says_not_proven(trial, job):
        if len(issued) > len(cancelled):
            verdict.lost.append(f"lost: {name} ended {job.outcome}, and the wipe was never taken back")
    elif not issued:
        verdict.lost.append(f"lost: {name} ended {job.outcome}, and no cmdlet was executed")
    if len(issued) > 1:
        verdict.doubled.append(f"doubled: {name} was executed {len(issued)} times")


def _ends_of(trial: Trial) -> frozenset[Outcome]:
    if trial.cancelled:
        return ENDS_OF_A_CANCELLED_WIPE
    if trial.enrolled_at is None:
        return ENDS
    return ENDS_OF_A_CLOSED_WIPE if trial.closed else ENDS_OF_A_RETURNED_PHONE


def _says_not_proven(trial: Trial, job: Job) -> bool:
    """Whether a person closed it, and it says for good that nothing proves what became of the phone."""
    return trial.closed and job.data.get("reason") == EndReason.NOT_PROVEN


def _judge_audit(
    trial: Trial, executed: Sequence[Clear], messages: Sequence[StatusMessage], verdict: Verdict, *, purpose: str
) -> None:
    """Each cmdlet has a record before it: a wipe one of an issue, a cancellation one of a withdrawal."""
    records = [message.at for message in messages if message.job == trial.job and _is_record(message, purpose)]
    for count, clear in enumerate(executed, start=1):
        if sum(at <= clear.at + ROUNDING for at in records) < count:
            sentence = f"unaudited: cmdlet {count} to {purpose} of trial {trial.number} has no record before it"
            verdict.unaudited.append(sentence)


def _is_record(message: StatusMessage, purpose: str) -> bool:
    return message.number == Number.ISSUING and message.data.get("purpose") == purpose


def _judge_staleness(trial: Trial, clears: Sequence[Clear], verdict: Verdict) -> None:
    if trial.enrolled_at is None:
        return
    for clear in clears:
        again = clear.guid == trial.guid and clear.at > trial.enrolled_at
        if not clear.cancel and (again or clear.guid in trial.later_guids):
            verdict.stale.append(f"stale: trial {trial.number} wiped the phone after it came back")


def _unasked(trials: Sequence[Trial], clears: Sequence[Clear]) -> list[str]:
    known = {trial.guid for trial in trials} | {guid for trial in trials for guid in trial.later_guids}
    return [f"unaudited: nobody asked for a cmdlet on {clear.guid}" for clear in clears if clear.guid not in known]


def unshown(messages: Sequence[StatusMessage], shown: Sequence[int]) -> list[str]:
    """A sentence for each record that the read model does not show exactly once."""
    times = Counter(shown)
    return [
        f"unaudited: the read model shows record {message.sequence} {times[message.sequence]} times"
        for message in messages
        if times[message.sequence] != 1
    ]


def gaps(messages: Sequence[StatusMessage]) -> list[str]:
    """A sentence for each place where the audit numbers do not go on by one."""
    found = []
    expected = 1
    for message in messages:
        if message.sequence != expected:
            found.append(f"unaudited: record {expected} is missing before {message.sequence}")
        expected = message.sequence + 1
    return found
