"""Runs a fault campaign: `python -m tests.faults NAME --trials N --seed S --json`; progress on standard error."""

import argparse
import sys
from collections.abc import Sequence
from textwrap import fill

from tests.faults import kill_points, walk
from tests.faults.attack import campaign as attack
from tests.faults.attack.catalog import ATTACKS
from tests.faults.attack.report import AttackFigures
from tests.faults.kill_points import to_stderr
from tests.faults.report import Figures, WalkFigures
from tests.support.fault_runs.walk.plants import PLANTS
from tests.support.machine.descendants import exit_on_signals
from tests.support.opponent.environment import NAME as OPPONENT
from tests.support.opponent.environment import NoPythonForOpponentError

#: Campaign -> how many trials when nothing is said: wipes here, calls there.
DEFAULT_TRIALS = {kill_points.NAME: 200, walk.NAME: 20_000}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when nothing was found and the control was; else 1."""
    attacks = [one.name for one in ATTACKS]
    parser = argparse.ArgumentParser(
        prog="run faults",
        description="kill processes on purpose, and count the damage",
        epilog=f"""{_listed("attacks", attacks)}\n{_listed("bugs that the walk must find", sorted(PLANTS))}
example: run faults attack --only swapped-rows""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=sorted({*DEFAULT_TRIALS, attack.NAME}), help="the campaign")
    parser.add_argument("--trials", type=int, help="how many wipes (200) or, of a walk, calls (20000) in all")
    parser.add_argument("--seed", type=int, default=7, help="decides what is drawn (7)")
    parser.add_argument(
        "--only", action="append", choices=attacks, default=[], metavar="NAME", help="of the attacks: this one"
    )
    parser.add_argument("--at-once", type=int, choices=range(1, 9), default=1, help="of the attacks: so many (1)")
    parser.add_argument(
        "--plant", choices=sorted(PLANTS), default="", metavar="NAME", help="a bug that the walk must find"
    )
    parser.add_argument(
        "--opponent", action="store_true", help=f"a second control, {OPPONENT}; needs Python 3.13 and a package index"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    options = parser.parse_args(arguments)
    if options.only and options.name != attack.NAME:
        parser.error(f"--only belongs to {attack.NAME}")
    if options.trials is not None and options.name == attack.NAME:
        parser.error(f"--trials does not belong to {attack.NAME}")
    trials = DEFAULT_TRIALS.get(options.name, 1) if options.trials is None else options.trials
    if trials < 1:
        parser.error("--trials must be at least 1")
    if options.plant and options.name != walk.NAME:
        parser.error("--plant belongs to the walk")
    if options.opponent and options.name != kill_points.NAME:
        parser.error(f"--opponent belongs to {kill_points.NAME}")
    try:
        figures = _run(options, trials)
    except NoPythonForOpponentError as error:
        parser.error(str(error))
    print(figures.as_json() if options.json else figures.table())
    return 0 if figures.passed else 1


def _listed(title: str, names: Sequence[str]) -> str:
    # Argparse would break names at their hyphens.
    text = fill(", ".join(names), 78, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return f"{title}:\n{text}\n"


def _run(options: argparse.Namespace, trials: int) -> Figures | WalkFigures | AttackFigures:
    if options.name == attack.NAME:
        return attack.run(options.only, options.seed, to_stderr, at_once=options.at_once)
    if options.name == walk.NAME:
        return walk.run(trials, options.seed, to_stderr, plant=options.plant)
    return kill_points.run(trials, options.seed, to_stderr, opponent=options.opponent)


if __name__ == "__main__":
    exit_on_signals()
    sys.exit(main())
