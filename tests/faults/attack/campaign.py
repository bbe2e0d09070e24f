"""Runs attacks: each on a company with all of its defences, then on one that lacks the one that is to hold it."""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.faults.attack.attack import Attack
from tests.faults.attack.catalog import ATTACKS
from tests.faults.attack.company import Company
from tests.faults.attack.defences import DEFENCES
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.report import AttackFigures, AttackResult
from tests.support.machine.descendants import nothing_outlives

NAME = "attack"
#: On a busy machine one does not come about in time.
MOST_STARTS = 3
ASK_TO_END_EVERY_SECONDS = 0.5
Tell = Callable[[str], None]


class CompanyBrokenError(Exception):
    """A company did not come about, or what an attack waits for did not happen: nothing was learned."""


def run(names: Sequence[str], seed: int, tell: Tell, *, at_once: int = 1) -> AttackFigures:
    """The named attacks, or all of them; so many at once. What ends this ends all that they have started first."""
    chosen = [attack for attack in ATTACKS if not names or attack.name in names]
    with ThreadPoolExecutor(at_once) as pool:
        runs = [pool.submit(run_one, attack, seed, tell) for attack in chosen]
        try:
            return AttackFigures(tuple(each.result() for each in runs))
        except BaseException:
            _end(runs)
            raise


def _end(runs: Sequence[Future[AttackResult]]) -> None:
    """Have the processes of these end with what they started, also of one that was about to begin; wait for that."""
    for each in runs:
        each.cancel()
    while wait(runs, timeout=ASK_TO_END_EVERY_SECONDS).not_done:
        for process in multiprocessing.active_children():
            process.terminate()


def run_one(attack: Attack, seed: int, tell: Tell) -> AttackResult:
    """One attack and its control at once, in a process of its own each: what is taken out there stays whole here."""
    started = time.monotonic()
    tell(f"{attack.name}, and its control without {attack.defence}")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as alone:
        runs = [alone.submit(outcome_of, attack.name, without, seed, os.getpid()) for without in ("", attack.defence)]
        defended, control = (run.result() for run in runs)
    result = AttackResult(attack=attack, defended=defended, control=control, seconds=time.monotonic() - started)
    tell(result.table())
    return result


def outcome_of(name: str, without: str, seed: int, parent: int) -> Outcome:
    """Attack a company of its own; run in a process that ends with it. Raises CompanyBrokenError."""
    with nothing_outlives(parent):
        attack = next(attack for attack in ATTACKS if attack.name == name)
        if without:
            DEFENCES[without].take_out()
        for _ in range(MOST_STARTS - 1):
            with suppress(CompanyBrokenError):
                return _outcome(attack, without, seed)
        return _outcome(attack, without, seed)


def _outcome(attack: Attack, without: str, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="exconn-attack-") as folder:
        company = Company(Path(folder), without=without, settings=attack.settings)
        try:
            company.start(seed)
            return attack.run(company)
        except (pytest.fail.Exception, httpx2.TransportError) as exc:
            raise CompanyBrokenError(str(exc)) from None
        finally:
            company.stop()
