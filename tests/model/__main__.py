"""Searches the worlds, and finds what was planted: `python -m tests.model --json`; progress on standard error."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from exconn.stream import StatusMessage
from tests.model.brakes import Brakes
from tests.model.parts import Parts
from tests.model.rules import DEFECTS, MUTATIONS, Rules
from tests.model.search import Found, Search, World, numbered
from tests.model.two_jobs import TwoJobs
from tests.model.wipes import Budget
from tests.support.fault_runs.evidence import status_messages
from tests.support.streams.traces import check_record

#: The two forms of each world: in full, and as large as a few seconds allow.
FULL: Mapping[str, Callable[[], World]] = {
    "one-job": lambda: TwoJobs(name="one-job", budget=Budget(faults=2, cancels=1, releases=1, enrolments=1), jobs=1),
    "two-jobs": lambda: TwoJobs(budget=Budget(faults=1, releases=1, enrolments=1)),
    "brakes": Brakes,
    "parts": Parts,
}
SHORT: Mapping[str, Callable[[], World]] = {
    "two-jobs": lambda: TwoJobs(budget=Budget(faults=1, cancels=1), jobs=1),
    "brakes": lambda: Brakes(jobs=2, releases=1),
    "parts": lambda: Parts(faults=1),
}
#: Where each planted fault shows: a world just large enough.
PLANTED: Mapping[str, Callable[[Rules], World]] = {
    "no token check": lambda rules: TwoJobs(rules=rules, budget=Budget(faults=2), jobs=1, alike=False),
    "no partnership check": lambda rules: TwoJobs(rules=rules, budget=Budget(enrolments=1), jobs=1, alike=False),
    "no read-back": lambda rules: TwoJobs(rules=rules, budget=Budget(faults=1), jobs=1, alike=False),
    "a cancelled job may be held": lambda rules: Brakes(rules=rules, jobs=2, faults=3),
    "an interrupted resume is not finished": lambda rules: Brakes(rules=rules, jobs=2),
    "parts may be held": lambda rules: Parts(rules=rules),
    "what has begun may end as refused": lambda rules: TwoJobs(
        rules=rules, budget=Budget(faults=1, enrolments=1), jobs=1, alike=False
    ),
    "what has begun is looked at anywhere": lambda rules: TwoJobs(
        rules=rules, budget=Budget(faults=1, enrolments=1), jobs=1, alike=False
    ),
}


@dataclass(frozen=True)
class Planted:
    """What became of a planted fault."""

    name: str
    found: bool
    states: int
    violation: str
    dialogue: list[str]


def search_worlds(worlds: Mapping[str, Callable[[], World]], tell: Callable[[str], None]) -> list[Found]:
    """Search each to its end."""
    found = []
    for name, make in worlds.items():
        one = Search(make()).run()
        tell(f"{name}: {one.states} states, depth {one.depth}, {one.violations} violations, {one.seconds:.1f} s")
        found.append(one)
    return found


def find_planted(tell: Callable[[str], None]) -> list[Planted]:
    """Search for each planted fault, until it shows."""
    found = []
    for name, rules in {**MUTATIONS, **DEFECTS}.items():
        one = Search(PLANTED[name](rules), until_violated=True).run()
        sentence, way = one.told[0] if one.told else ("", [])
        found.append(Planted(name, bool(one.told), one.states, sentence, way))
        tell(f"planted: {name}: {sentence or 'NOT FOUND'}")
        for line in numbered(way):
            tell(line)
    return found


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
    parser.add_argument("--json", action="store_true", help="one line of JSON in place of a table")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="replay a record in place of a search")
    options = parser.parse_args(arguments)
    if options.trace is not None:
        illegal = replay(options.trace)
        print("\n".join(illegal) or "every job went a legal way")
        return 1 if illegal else 0
    worlds = SHORT if options.short else FULL
    chosen = {name: make for name, make in worlds.items() if options.world in (None, name)}
    found = search_worlds(chosen, _to_stderr)
    planted = [] if options.world else find_planted(_to_stderr)
    print(json.dumps(_figures(found, planted)) if options.json else _table(found, planted))
    sound = all(one.complete and not one.violations for one in found)
    return 0 if sound and all(one.found for one in planted) else 1


def _figures(found: list[Found], planted: list[Planted]) -> dict[str, object]:
    return {
        "worlds": [
            {
                "name": one.name,
                "states": one.states,
                "depth": one.depth,
                "complete": one.complete,
                "violations": one.violations,
                "seconds": round(one.seconds, 1),
                "told": [{"violation": sentence, "dialogue": way} for sentence, way in one.told],
            }
            for one in found
        ],
        "states": sum(one.states for one in found),
        "depth": max((one.depth for one in found), default=0),
        "complete": all(one.complete for one in found),
        "violations": sum(one.violations for one in found),
        "mutations": [vars(one) for one in planted],
    }


def _table(found: list[Found], planted: list[Planted]) -> str:
    lines = [
        f"{one.name}: {one.states} states, depth {one.depth}, {'complete' if one.complete else 'NOT complete'}, "
        f"{one.violations} violations"
        for one in found
    ]
    for one in found:
        for sentence, way in one.told:
            lines += [f"violated: {sentence}", *numbered(way)]
    return "\n".join(lines + [f"planted: {one.name}: {'found' if one.found else 'NOT FOUND'}" for one in planted])


def _to_stderr(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
