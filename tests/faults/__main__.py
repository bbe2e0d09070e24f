"""Runs a fault campaign: `python -m tests.faults NAME --trials N --seed S --json`; progress on standard error."""

import argparse
import sys
from collections.abc import Callable, Sequence

from tests.faults import kill_points
from tests.faults.kill_points import to_stderr
from tests.faults.report import Figures

CAMPAIGNS: dict[str, Callable[[int, int, Callable[[str], None]], Figures]] = {kill_points.NAME: kill_points.run}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when nothing was found and the control was; else 1."""
    parser = argparse.ArgumentParser(prog="run faults", description="kill processes on purpose, and count the damage")
    parser.add_argument("name", choices=sorted(CAMPAIGNS), help="the campaign")
    parser.add_argument("--trials", type=int, default=200, help="how many trials in all (200)")
    parser.add_argument("--seed", type=int, default=7, help="decides the order of the points (7)")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    options = parser.parse_args(arguments)
    if options.trials < 1:
        parser.error("--trials must be at least 1")
    figures = CAMPAIGNS[options.name](options.trials, options.seed, to_stderr)
    print(figures.as_json() if options.json else _table(figures))
    return 0 if figures.passed else 1


def _table(figures: Figures) -> str:
    control = figures.control
    return "\n".join(
        (
            f"{figures.name}: {figures.trials} trials, {figures.kills} kills, seed {figures.seed}",
            f"  lost {figures.lost}, doubled {figures.doubled}, unaudited {figures.unaudited}, stale {figures.stale}",
            f"  true rates below {figures.bound:g} with 95 % confidence",
            f"  control, a stock Celery task: {control.lost} lost and {control.doubled} doubled of {control.trials}",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
