"""Kills at every place in the life of a wipe: nothing lost, nothing doubled, all on record, nobody wiped twice."""

import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from exconn.contracts import Service
from exconn.keyspace import keys
from exconn.ledger import Job, Ledger
from tests.faults.control import Controls
from tests.faults.disturber import Disturber
from tests.faults.policy_runs import PolicyRuns
from tests.faults.report import ControlFigures, Figures
from tests.faults.rivals import make_rivals
from tests.faults.wave import FROZEN_FOR, LATE_SECONDS, LEASE, PHASES, Doors, Wave
from tests.support.fault_runs.evidence import clears, shown_messages, status_messages
from tests.support.fault_runs.fault_kinds import FaultKind, Faults, never_struck
from tests.support.fault_runs.judge import Verdict, judge, unshown
from tests.support.fault_runs.markers import Markers
from tests.support.fault_runs.points import IN_ACTIONS, IN_COORDINATOR, IN_INTAKE, POINTS, Point
from tests.support.fault_runs.policy_judge import PolicyTrial, judge_policy, policy_sets
from tests.support.fault_runs.setting import REQUESTER, Setting, new_nonce, set_stage
from tests.support.fault_runs.trial import Trial
from tests.support.system.cluster import Cluster

NAME = "kill-points"
IN_A_WAVE = 52
CONNECTORS = 16
#: At each point, the phone of one in so many trials enrols again after its wipe, as the same partnership or a new one.
COMES_BACK, IN_DOUBT_COMES_BACK = 6, 2
#: At each point, the second one of so many is cancelled on its way.
CANCELLED = 6
FORMS = ("same_object", "new_object")
WORKERS = 2
STRUCK_INTAKES = 2
JOBS_AT_A_TIME = 6
PHONE_SYNC = "0.7s"
CAUGHT_UP_WITHIN = timedelta(seconds=60)

Tell = Callable[[str], None]


def run(
    trials: int,
    seed: int,
    tell: Tell,
    folder: Path | None = None,
    *,
    control: int = 10,
    opponent: bool = False,
    forms: Sequence[str] = FORMS,
) -> Figures:
    """The campaign with `trials` trials, and its controls; phones come back in one of `forms`."""
    with tempfile.TemporaryDirectory(prefix="exconn-faults-") as temporary:
        rivals = make_rivals(Path(temporary), tell, opponent=opponent)
        cluster = Cluster(folder or Path(temporary))
        try:
            return _run(cluster, trials, seed, Controls(rivals, control), forms, tell)
        finally:
            cluster.stop()
            for rival in rivals:
                rival.close()


def _run(cluster: Cluster, number: int, seed: int, controls: Controls, forms: Sequence[str], tell: Tell) -> Figures:
    started = time.monotonic()
    wanted = number + controls.devices
    cluster.start(devices=2 * wanted + 60, seed=seed, phone_sync=PHONE_SYNC, durable=True)
    setting = set_stage(cluster, connectors=min(CONNECTORS, wanted), devices=wanted)
    markers = Markers(cluster.folder / "marks")
    tell(f"stage set after {time.monotonic() - started:.0f} s: {len(setting.connectors)} connectors")
    doors = _start(cluster, setting, markers)
    trials = make_trials(setting, number, seed, forms)
    faults = Faults()
    policy = PolicyRuns(cluster, setting, doors.sound, faults, tell)
    policy.start(markers, LEASE)
    disturber = Disturber(cluster, faults, seed)
    wave = Wave(cluster, setting, markers, doors, tell, faults=faults, disturber=disturber, policy=policy)
    cluster.simulator.fault("slow_answer", cmdlet="Clear-*", times=-1, seconds=LATE_SECONDS)
    for first in range(0, number, IN_A_WAVE):
        wave.run(trials[first : first + IN_A_WAVE])
        done = min(first + IN_A_WAVE, number)
        tell(f"{done} of {number} trials after {time.monotonic() - started:.0f} s, {markers.killed()} kills at points")
    faults[FaultKind.PROCESSES_KILLED] += markers.killed()
    faults[FaultKind.WORKERS_FROZEN] += markers.froze()
    verdict = _verdict(cluster, trials, policy.trials)
    _tell_details(trials, verdict, markers, cluster, tell)
    for service in ("actions", "coordinator", "intake", "monitor", "policy"):
        for member in cluster.members(service):
            cluster.end_service(member.name)
    found = controls.run(cluster, setting, setting.devices[number:], tell)
    tell(f"done after {time.monotonic() - started:.0f} s")
    interventions = sum(trial.retries + trial.closed for trial in trials) + sum(
        trial.retries for trial in policy.trials
    )
    return figures(number, seed, faults, verdict, found, interventions=interventions)


def figures(
    trials: int,
    seed: int,
    faults: Faults,
    verdict: Verdict,
    controls: Mapping[str, ControlFigures],
    *,
    interventions: int = 0,
) -> Figures:
    """The counts of a verdict."""
    return Figures(
        name=NAME,
        seed=seed,
        trials=trials,
        kills=faults[FaultKind.PROCESSES_KILLED],
        lost=len(verdict.lost),
        doubled=len(verdict.doubled),
        unaudited=len(verdict.unaudited),
        stale=len(verdict.stale),
        illegal=len(verdict.illegal),
        interventions=interventions,
        faults={kind.value: faults[kind] for kind in FaultKind},
        never_struck=[kind.value for kind in never_struck(faults)],
        controls=controls,
    )


def make_trials(setting: Setting, number: int, seed: int, forms: Sequence[str] = FORMS) -> list[Trial]:
    """Trials spread evenly over the points and the connectors, in an order that the seed decides."""
    dice = random.Random(seed)
    points = [POINTS[place % len(POINTS)] for place in range(number)]
    dice.shuffle(points)
    seen: Counter[Point] = Counter()
    trials = []
    for place, point in enumerate(points):
        comes_back = seen[point] % (IN_DOUBT_COMES_BACK if point.leaves_doubt else COMES_BACK) == 0
        is_cancelled = seen[point] % CANCELLED == 1
        seen[point] += 1
        trials.append(
            Trial(
                number=place,
                point=point,
                connector=setting.connectors[place % len(setting.connectors)],
                guid=setting.devices[place],
                nonce=new_nonce(),
                enrols=dice.choice(forms) if comes_back else "",
                cancel_at=dice.choice(PHASES) if is_cancelled else "",
            )
        )
    return trials


def _start(cluster: Cluster, setting: Setting, markers: Markers) -> Doors:
    registry = {"EXCONN_REQUESTERS_FILE": str(setting.registry)}
    cluster.start_service("monitor")
    sound = cluster.start_intake("intake", **registry)
    armed = {**registry, "EXCONN_FAILPOINTS": markers.arm(IN_INTAKE)}
    struck = tuple(cluster.start_intake(f"intake-struck-{number}", **armed) for number in range(STRUCK_INTAKES))
    cluster.start_service("coordinator", EXCONN_FAILPOINTS=markers.arm(IN_COORDINATOR))
    for number in range(WORKERS):
        cluster.start_service(
            "actions",
            name=f"actions-{number}",
            **registry,
            EXCONN_FAILPOINTS=markers.arm(IN_ACTIONS, frozen_for=FROZEN_FOR),
            EXCONN_LEASE=f"{LEASE.total_seconds():g}s",
            EXCONN_WORKER_CONCURRENCY=str(JOBS_AT_A_TIME),
        )
    cluster.wait(lambda: _listens(cluster), "workers that hear doorbells")
    return Doors(sound, struck)


def _listens(cluster: Cluster) -> bool:
    beating = cluster.client.hkeys(keys.HEARTBEATS)
    return sum(str(name).startswith(Service.ACTIONS.value) for name in beating) >= WORKERS


def _verdict(cluster: Cluster, trials: list[Trial], policy: Sequence[PolicyTrial]) -> Verdict:
    ledger = Ledger(cluster.client)
    names = [trial.job for trial in trials] + [trial.application for trial in policy]
    jobs: Mapping[str, Job] = {name: job for name in names if (job := ledger.job(name)) is not None}
    executed = clears(cluster.simulator.oracle(cmdlet="Clear-*"))
    messages = status_messages(cluster.folder / "valkey")
    verdict = judge(trials, jobs, executed, messages)
    sets = policy_sets(cluster.simulator.oracle(cmdlet="Set-*MailboxPolicy"))
    verdict.add(judge_policy(policy, jobs, sets, messages))
    shown = shown_messages(cluster.monitor_url, last=messages[-1].sequence, within=CAUGHT_UP_WITHIN)
    verdict.unaudited += unshown(messages, shown)
    return verdict


def _tell_details(trials: list[Trial], verdict: Verdict, markers: Markers, cluster: Cluster, tell: Tell) -> None:
    for sentence in verdict.sentences():
        tell(sentence)
    struck: Counter[str] = Counter()
    for trial in trials:
        hit = any(markers.has_struck(name, key) for name in trial.point.failpoints for key in _keys_of(trial))
        struck[trial.point.name] += hit or trial.struck
    planned = Counter(trial.point.name for trial in trials)
    for name in planned:
        tell(f"  {name}: {struck[name]} of {planned[name]} struck")
    slowest = sorted(trials, key=lambda trial: trial.took or timedelta.max)[-3:]
    tell(f"  slowest: {', '.join(f'{trial.point.name} {trial.took}' for trial in slowest)}")
    retried = sum(trial.retries > 0 for trial in trials)
    closed = sum(trial.closed for trial in trials)
    back = sum(trial.enrolled_at is not None for trial in trials)
    taken_back = sum(trial.cancelled for trial in trials)
    interventions = f"{retried} held and let go on, {closed} closed"
    tell(f"  {interventions}; {back} phones came back; {taken_back} cancelled; deaths {cluster.deaths}")


def _keys_of(trial: Trial) -> tuple[str, str]:
    return (trial.job, f"{REQUESTER}:{trial.nonce}")


def to_stderr(text: str) -> None:
    """Progress, for people."""
    sys.stderr.write(f"[{os.getpid()}] {text}\n")
    sys.stderr.flush()
