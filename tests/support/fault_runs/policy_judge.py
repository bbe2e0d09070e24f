"""The verdict on the policy jobs of a campaign: pure, as the one on wipes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exconn.ledger import Job, Outcome, State
from exconn.stream import Number, StatusMessage
from tests.support.fault_runs.judge import ROUNDING, Verdict

#: The parameter that a policy trial sets, in either family of cmdlets.
PARAMETERS = ("PasswordHistory", "DevicePasswordHistory")


@dataclass
class PolicyTrial:
    """One setting that is planned and applied; its value is its own, so that Exchange's log tells who set it."""

    connector: str
    value: int
    plan: str = ""
    application: str = ""
    struck: bool = False
    ended: bool = False
    #: Times that a person had to let it go on.
    retries: int = 0


@dataclass(frozen=True)
class PolicySet:
    """A change of a policy that Exchange executed with effect."""

    value: int
    at: datetime


def policy_sets(entries: Sequence[Mapping[str, Any]]) -> list[PolicySet]:
    """The changes of the trials' parameter among the entries of the simulated Exchange's log, in order."""
    return [
        PolicySet(int(entry["parameters"][name]), datetime.fromisoformat(entry["at"]))
        for entry in entries
        for name in PARAMETERS
        if entry["outcome"] == "ok" and name in entry["parameters"]
    ]


def judge_policy(
    trials: Sequence[PolicyTrial],
    jobs: Mapping[str, Job],
    sets: Sequence[PolicySet],
    messages: Sequence[StatusMessage],
) -> Verdict:
    """Each plan is applied once, to its end, and on record before."""
    verdict = Verdict()
    for trial in trials:
        executed = [one for one in sets if one.value == trial.value]
        _judge_end(trial, jobs.get(trial.application), executed, verdict)
        records = [message.at for message in messages if _is_record(message, trial)]
        for count, one in enumerate(executed, start=1):
            if sum(at <= one.at + ROUNDING for at in records) < count:
                verdict.unaudited.append(f"unaudited: change {count} to {trial.value} has no record before it")
    asked = {trial.value for trial in trials}
    verdict.unaudited += [
        f"unaudited: nobody asked for a change to {one.value}" for one in sets if one.value not in asked
    ]
    return verdict


def _judge_end(trial: PolicyTrial, job: Job | None, executed: Sequence[PolicySet], verdict: Verdict) -> None:
    name = f"policy value {trial.value}, {trial.application or trial.plan or 'never accepted'}"
    if job is None or job.state is not State.SETTLED or job.outcome != Outcome.SUCCEEDED:
        standing = "unknown" if job is None else f"{job.state} {job.phase} {job.outcome} {job.reason}"
        verdict.lost.append(f"lost: {name} is {standing}, with {len(executed)} cmdlets")
    elif not executed:
        verdict.lost.append(f"lost: {name} ended {job.outcome}, and no cmdlet was executed")
    if len(executed) > 1:
        verdict.doubled.append(f"doubled: {name} was executed {len(executed)} times")


def _is_record(message: StatusMessage, trial: PolicyTrial) -> bool:
    is_issue = message.number == Number.ISSUING and message.data.get("purpose") == "issue"
    return is_issue and message.job == trial.application
