"""How long the single wipe of one requester takes behind a flood of another, to its time on an idle system.

Real workers, a coordinator, and a simulated Exchange whose every cmdlet takes 100 ms; requests go through intake. The
time is that from the acceptance until Exchange has the wipe, by the record.
"""

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.benchmarks.report import Report, compare_size
from tests.support.system.requesters_stage import RequestersStage, requesters_stage

NAME = "fair"
SEED = 7
GOAL = 2
#: The first wipe opens a session; it is not measured.
WARM = "warm"

Tell = Callable[[str], None]


def run(rounds: int, n: int, tell: Tell) -> Report:
    """In each round a requester of its own on the idle system, one of `n` wipes, and one behind that."""
    idle: list[float] = []
    behind: list[float] = []
    names = [WARM, *(f"{name}-{number}" for name in ("idle", "flood", "single") for number in range(rounds))]
    with (
        tempfile.TemporaryDirectory() as folder,
        requesters_stage(Path(folder), names, devices=2 * rounds * (n + 3), seed=SEED) as stage,
    ):
        _single(stage, WARM)
        for number in range(rounds):
            idle.append(_single(stage, f"idle-{number}"))
            behind.append(_behind(stage, number, n, tell))
            tell(f"round {number + 1} of {rounds}: {idle[-1]:.2f} s idle, {behind[-1]:.2f} s behind {n} of another")
    figure = compare_size(
        f"seconds of a single wipe behind {n:,} of another requester, to an idle system",
        median(behind),
        median(idle),
        goal=GOAL,
    )
    return Report(name=NAME, seed=SEED, n=n, figures=(figure,))


def _single(stage: RequestersStage, requester: str) -> float:
    (guid,) = stage.phones(1)
    return stage.issued_after(stage.ask(requester, guid)).total_seconds()


def _behind(stage: RequestersStage, number: int, n: int, tell: Tell) -> float:
    """The single wipe is asked for as soon as the last one of the flood was answered."""
    guids = stage.phones(n)
    answers = stage.flood(f"flood-{number}", guids)
    took = _single(stage, f"single-{number}")
    states = Counter(str(answer.state or answer.error) for answer in answers)
    tell(f"the flood: {dict(states)}")
    return took
