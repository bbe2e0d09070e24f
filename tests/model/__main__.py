"""Searches the worlds, and finds what was planted: `python -m tests.model --json`; progress on standard error."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

from exconn.stream import StatusMessage
from tests.model.fail_over import KNOWN_LOSSES
from tests.model.figures import Lost, Planted, Report, compared_line, line_of
from tests.model.jobs import Ledger
from tests.model.real import compare
from tests.model.real_ledger import RealLedger, real_ledger
from tests.model.rules import DEFECTS, MUTATIONS
from tests.model.search import Search, World, numbered
from tests.model.watching import Pairs, watching
from tests.model.worlds import FULL, PLANTED, SHORT, unconfirmed
from tests.support.fault_runs.evidence import status_messages
from tests.support.streams.traces import check_record

Tell = Callable[[str], None]


def search_worlds(worlds: Mapping[str, Callable[[], World]], report: Report, tell: Tell) -> dict[str, Pairs]:
    """Search each to its end; the calls that were made in it."""
    called = {}
    for name, make in worlds.items():
        with watching() as pairs:
            found = Search(make()).run()
        tell(line_of(found))
        report.worlds.append(found)
        called[name] = pairs
    return called


def find_planted(report: Report, tell: Tell) -> None:
    """Search for each planted fault, until it shows."""
    for name, rules in {**MUTATIONS, **DEFECTS}.items():
        one = Search(PLANTED[name](rules), until_violated=True).run()
        sentence, way = one.told[0] if one.told else ("", [])
        report.planted.append(Planted(name, bool(one.told), one.states, sentence, way))
        _tell_dialogue(tell, f"planted: {name}: {sentence or 'NOT FOUND'}", way)


def find_losses(report: Report, tell: Tell) -> None:
    """Search for what is lost where nothing is confirmed: all that is known, and nothing else."""
    told = dict(Search(unconfirmed()).run().told)
    for name in dict.fromkeys((*KNOWN_LOSSES, *told)):
        report.losses.append(Lost(name, name in KNOWN_LOSSES, name in told, told.get(name, [])))
        _tell_dialogue(tell, f"without confirmation: {name}", told.get(name, ["NOT FOUND"]))


def compare_worlds(
    worlds: Mapping[str, Callable[[], World]], called: Mapping[str, Pairs], real: RealLedger, report: Report, tell: Tell
) -> None:
    """Make the calls of each on the real ledger too."""
    for name, make in worlds.items():
        found = compare(name, cast("Ledger", make().first()[0]), called[name], real)
        tell(compared_line(found))
        report.real.append(found)


def replay(path: Path) -> list[str]:
    """What is illegal in a record: messages as JSON lines, or the folder of a ledger server's append-only file."""
    if path.is_dir():
        return check_record(status_messages(path))
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    known = set(StatusMessage.__dataclass_fields__)
    fields = ({name: value for name, value in line.items() if name in known} for line in lines)
    return check_record(StatusMessage(**{"id": "", **one}) for one in fields)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when no world is violated and all that was planted was found; else 1."""
    parser = argparse.ArgumentParser(prog="run model", description="search the ledger's model to its end")
    parser.add_argument("--world", choices=sorted(FULL), help="this world alone, without what is planted")
    parser.add_argument("--short", action="store_true", help="smaller worlds: some seconds in place of minutes")
    parser.add_argument("--real", action="store_true", help="make each call on a real ledger too, and compare")
    parser.add_argument("--json", action="store_true", help="one line of JSON in place of a table")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="replay a record in place of a search")
    options = parser.parse_args(arguments)
    if options.trace is not None:
        illegal = replay(options.trace)
        print("\n".join(illegal) or "every job went a legal way")
        return 1 if illegal else 0
    report = Report()
    worlds = SHORT if options.short else FULL
    chosen = {name: make for name, make in worlds.items() if options.world in (None, name)}
    called = search_worlds(chosen, report, _to_stderr)
    if options.world is None:
        find_planted(report, _to_stderr)
        find_losses(report, _to_stderr)
    if options.real:
        with real_ledger() as real:
            compare_worlds(chosen, called, real, report, _to_stderr)
    print(json.dumps(report.figures()) if options.json else "\n".join(report.lines()))
    return 0 if report.is_good else 1


def _tell_dialogue(tell: Tell, title: str, way: Sequence[str]) -> None:
    for line in (title, *numbered(way)):
        tell(line)


def _to_stderr(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
