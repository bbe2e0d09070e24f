"""Runs a benchmark: `python -m tests.benchmarks NAME --json`; progress on standard error.

Both sides of every figure run interleaved on this machine in this run, so the ratios hold where the rates do not.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from tests.benchmarks import actions, audit, decode, fair, latency, opponent, pauses, removal, session, simulator
from tests.benchmarks.report import Report
from tests.support.opponent.environment import NoPythonForOpponentError

BENCHMARKS: dict[str, Callable[[int, int, Callable[[str], None]], Report]] = {
    actions.NAME: actions.run,
    audit.NAME: audit.run,
    decode.NAME: decode.run,
    fair.NAME: fair.run,
    latency.NAME: latency.run,
    opponent.NAME: opponent.run,
    pauses.NAME: pauses.run,
    removal.NAME: removal.run,
    session.NAME: session.run,
    simulator.NAME: simulator.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every goal was met, 1 when not."""
    parser = argparse.ArgumentParser(prog="run bench", description="measure ratios against a named reference")
    parser.add_argument("name", choices=sorted(BENCHMARKS), help="the benchmark")
    parser.add_argument("--rounds", type=int, default=10, help="interleaved rounds; the median counts (10)")
    parser.add_argument("--n", type=int, default=300, help="operations of each side in a round (300)")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    options = parser.parse_args(arguments)
    if not 1 <= options.rounds <= 100 or not 10 <= options.n <= 100_000:
        parser.error("--rounds must lie between 1 and 100, --n between 10 and 100000")
    try:
        report = BENCHMARKS[options.name](options.rounds, options.n, _tell)
    except NoPythonForOpponentError as error:
        parser.error(str(error))
    print(report.as_json() if options.json else report.as_table())
    return 0 if report.met else 1


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
