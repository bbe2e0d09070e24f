"""Runs attacks: each on a company with all of its defences, then on one that lacks the one that is to hold it."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.attack.attack import Attack
from tests.faults.attack.catalog import ATTACKS
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.report import AttackFigures, AttackResult

NAME = "attack"
Tell = Callable[[str], None]


class CompanyBrokenError(Exception):
    """A company did not come about, or what an attack waits for did not happen: nothing was learned."""


def run(names: Sequence[str], seed: int, tell: Tell, *, at_once: int = 1) -> AttackFigures:
    """The named attacks, or all of them; so many at once."""
    chosen = [attack for attack in ATTACKS if not names or attack.name in names]
    with ThreadPoolExecutor(at_once) as pool:
        return AttackFigures(tuple(pool.map(lambda attack: run_one(attack, seed, tell), chosen)))


def run_one(attack: Attack, seed: int, tell: Tell) -> AttackResult:
    """One attack and its control at once, in a process of its own each: what is taken out there stays whole here."""
    started = time.monotonic()
    tell(f"{attack.name}, and its control without {attack.defence}")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as alone:
        runs = [alone.submit(outcome_of, attack.name, without, seed) for without in ("", attack.defence)]
        defended, control = (run.result() for run in runs)
    result = AttackResult(attack=attack, defended=defended, control=control, seconds=time.monotonic() - started)
    tell(result.table())
    return result


def outcome_of(name: str, without: str, seed: int) -> Outcome:
    """Attack a company of its own; run in a process that ends with it."""
    attack = next(attack for attack in ATTACKS if attack.name == name)
    with tempfile.TemporaryDirectory(prefix="exconn-attack-") as folder:
        company = Company(Path(folder), without=without, settings=attack.settings)
        try:
            company.start(seed)
            return attack.run(company)
        except pytest.fail.Exception as exc:
            raise CompanyBrokenError(str(exc)) from None
        finally:
            company.stop()
