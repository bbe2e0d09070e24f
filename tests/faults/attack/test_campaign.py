"""The frame of the attacks: it can fail, it names what is missing, and what it takes out is there to be taken out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.attack.attack import Attack
from tests.faults.attack.catalog import ATTACKS
from tests.faults.attack.defence import Defence
from tests.faults.attack.defences import DEFENCES
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.report import AttackFigures, AttackResult

DOCS = Path(__file__).parents[3] / "docs"
HARM = Outcome(wiped_beyond=7)
NOTHING = Outcome()


def attack(*alarms: str) -> Attack:
    return Attack(name="made-up", title="a made-up one", defence="none", run=lambda _: NOTHING, alarms=alarms)


def result(defended: Outcome, control: Outcome, *alarms: str) -> AttackResult:
    return AttackResult(attack=attack(*alarms), defended=defended, control=control, seconds=1)


def test_each_attack_and_each_defence_is_there_once_and_used() -> None:
    assert len({one.name for one in ATTACKS}) == len(ATTACKS)
    assert {one.defence for one in ATTACKS} == DEFENCES.keys()


def test_the_page_of_fault_runs_lists_each_attack() -> None:
    page = (DOCS / "fault-runs.md").read_text(encoding="utf-8")
    rows = [f"| `{one.name}` | {one.title} | `{one.defence}` |" for one in ATTACKS]

    assert [line for line in page.splitlines() if line in rows] == rows


def test_each_attack_is_named_beside_a_promise_and_no_other_is() -> None:
    page = (DOCS / "security.md").read_text(encoding="utf-8")
    named = [name for row in re.findall(r"; by attack: (.*?) \|", page) for name in re.findall("`([^`]+)`", row)]

    assert sorted(named) == sorted(one.name for one in ATTACKS)


@pytest.mark.parametrize(
    ("defended", "control", "passed"),
    [
        (NOTHING, HARM, True),
        (HARM, HARM, False),
        (NOTHING, NOTHING, False),
        (Outcome(lost=1), HARM, False),
        (Outcome(secrets_out=1), HARM, False),
        (Outcome(lost=1, named=("job_differs",)), HARM, True),
        (Outcome(lost=1, named=("actions_held",)), HARM, False),
        (NOTHING, Outcome(lost=1, named=("job_differs",)), False),
    ],
)
def test_an_attack_counts_as_held_only_with_a_control_that_succeeds(
    defended: Outcome, control: Outcome, *, passed: bool
) -> None:
    made = result(defended, control, "job_differs")

    assert made.passed is passed
    assert AttackFigures((result(NOTHING, HARM), made)).passed is passed
    assert ("GOT THROUGH" in AttackFigures((made,)).table()) is not made.held


def test_a_defence_that_is_not_there_any_more_is_an_error_and_no_silent_control() -> None:
    gone = Defence(title="gone", patches={"exconn.intake.handlers.connectors:no_such_check": None})

    with pytest.raises(ValueError, match="no_such_check any more"):
        gone.take_out()


#: In a process of its own, as what is taken out stays out.
TAKEN_OUT = """
from exconn.ledger import lua
from tests.faults.attack.defences import DEFENCES
read, before = lua._read, lua.library().name
for name, defence in DEFENCES.items():
    defence.take_out()
    assert (lua.library().name != before) is bool(defence.plants), name
    lua._read = read
    lua.library.cache_clear()
"""


def test_each_defence_can_be_taken_out_of_the_code_as_it_is() -> None:
    done = subprocess.run([sys.executable, "-c", TAKEN_OUT], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
