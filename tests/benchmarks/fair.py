"""How long the single wipe of one requester takes behind a flood of another, to its time on an idle system.

Real workers, a coordinator, and a simulated Exchange whose every cmdlet takes 100 ms; requests go through intake. The
time is that from the acceptance until Exchange has the wipe, by the record.
"""

import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from exconn.ledger.bounds import OPEN_PER_QUOTA
from tests.benchmarks.report import Figure, Report, compare_size
from tests.support.system.requesters_stage import PER_DAY, RequestersStage, requesters_stage

NAME = "fair"
SEED = 7
GOAL = 2
#: The first wipe opens a session; it is not measured.
WARM = "warm"
#: Of a flood, so many are open at a time, let in or held; the rest is refused.
MOST_TAKEN = OPEN_PER_QUOTA * PER_DAY
PARTS = ("idle", "flood", "amid", "behind")

Tell = Callable[[str], None]


def run(rounds: int, n: int, tell: Tell) -> Report:
    """Each round on the idle system, amid `n` wipes of somebody else, and behind them; each wipe of somebody else."""
    taken = []
    # One in six is an Outlook or off; what is refused may be asked for again.
    devices = 4 * (n + rounds * (min(n, MOST_TAKEN) + 3)) // 3 + 20
    names = [WARM, *(f"{part}-{number}" for part in PARTS for number in range(rounds))]
    with (
        tempfile.TemporaryDirectory() as folder,
        requesters_stage(Path(folder), names, devices=devices, seed=SEED) as stage,
    ):
        _single(stage, WARM)
        for number in range(rounds):
            taken.append(_round(stage, number, n, tell))
            idle, amid, behind = taken[-1]
            tell(f"round {number + 1} of {rounds}: {idle:.2f} s idle, {amid:.2f} s amid, {behind:.2f} s behind")
    idles, amids, behinds = (median(times) for times in zip(*taken, strict=True))
    figures = (_figure(f"behind {n:,}", behinds, idles), _figure(f"amid {n:,}", amids, idles))
    return Report(name=NAME, seed=SEED, n=n, figures=figures)


def _round(stage: RequestersStage, number: int, n: int, tell: Tell) -> tuple[float, float, float]:
    """The seconds of a wipe on the idle system, of one when half of a flood was asked for, of one behind its last."""
    idle = _single(stage, f"idle-{number}")
    phones = stage.phones(n)
    answers = stage.flood(f"flood-{number}", phones[: n // 2])
    with ThreadPoolExecutor(1) as beside:
        rest = beside.submit(stage.flood, f"flood-{number}", phones[n // 2 :])
        amid = _single(stage, f"amid-{number}")
        answers += rest.result()
    behind = _single(stage, f"behind-{number}")
    stage.give_back([guid for guid, answer in zip(phones, answers, strict=True) if answer.status == "refused"])
    tell(f"the flood: {dict(Counter(str(answer.state or answer.error) for answer in answers))}")
    return idle, amid, behind


def _figure(where: str, seconds: float, idle: float) -> Figure:
    what = f"seconds of a single wipe {where} of another requester, to an idle system"
    return compare_size(what, seconds, idle, goal=GOAL)


def _single(stage: RequestersStage, requester: str) -> float:
    (guid,) = stage.phones(1)
    return stage.issued_after(stage.ask(requester, guid)).total_seconds()
