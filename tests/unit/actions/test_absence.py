"""When a device that is not shown counts as gone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from exconn.actions.absence import LONGEST_PAUSES, Absence, NotShownError
from exconn.actions.context import ActionContext
from exconn.actions.notes import Notes
from exconn.connector import Lookups

LONGEST_PAUSE = Lookups().longest_pause
ENOUGH = LONGEST_PAUSE * LONGEST_PAUSES


@dataclass
class Job:
    """A job in a worker's hands, with the ledger's clock; its notes stay from claim to claim."""

    now: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    notes: dict[str, object] = field(default_factory=dict)

    def note(self, facts: dict[str, object]) -> None:
        self.notes = dict(facts)

    def claim(self) -> Absence:
        running = SimpleNamespace(job=self, ledger=SimpleNamespace(time=lambda: self.now), note=self.note)
        case = SimpleNamespace(running=running, lookups=Lookups(), notes=Notes(cast("Any", running)))
        return Absence(cast("ActionContext", case), "gone")

    def look(self, *controllers: str, later: timedelta = timedelta(seconds=5), complete: bool = True) -> Absence:
        """A look, some time after the one before, that these controllers answered: not found."""
        self.now += later
        absence = self.claim()
        absence.add(NotShownError(controllers, complete=complete))
        return absence


@pytest.mark.parametrize("names", [("dc1.corp.example",), ()], ids=["the same one", "one that is not named"])
def test_one_domain_controller_alone_is_not_believed_soon(names: tuple[str, ...]) -> None:
    job = Job()

    for _ in range(20):
        assert not job.look(*names).is_final(2)
    assert job.look(*names, later=ENOUGH).is_final(2)


def test_two_domain_controllers_are_believed_also_one_after_the_other() -> None:
    together, in_turn = Job(), Job()

    assert not together.look("dc1", "dc2").is_final(2)
    assert together.look("dc1", "dc2").is_final(2)
    assert not in_turn.look("dc1").is_final(2)
    assert in_turn.look("dc2").is_final(2)


def test_the_same_name_in_another_case_is_no_second_one() -> None:
    job = Job()

    job.look("dc1.corp.example")

    assert not job.look("DC1.corp.example").is_final(2)


def test_a_device_that_was_seen_again_is_missed_anew() -> None:
    job = Job()
    job.look("dc1")
    job.claim().end()

    assert job.look("dc2", later=ENOUGH).looks == 1
    assert not job.claim().is_final(1)


def test_notes_of_an_earlier_version_count_for_nothing() -> None:
    job = Job(notes={"gone": 5})

    assert job.look("dc1").looks == 1


def test_looks_that_lack_something_are_never_believed() -> None:
    job = Job()

    for _ in range(20):
        assert not job.look("dc1", "dc2", later=ENOUGH, complete=False).is_final(1)
    assert not job.look("dc1").is_final(1)
    assert job.look("dc1", later=ENOUGH).is_final(2)


def test_a_look_that_lacks_something_is_not_the_one_that_proves_it() -> None:
    job = Job()
    job.look("dc1")
    job.look("dc1")

    assert not job.look("dc2", later=ENOUGH, complete=False).is_final(2)
    assert job.look("dc1").is_final(2)


def test_looks_without_a_word_on_whether_they_were_complete_were_so() -> None:
    job = Job()
    job.look("dc1")
    job.look("dc1")
    noted = cast("dict[str, object]", job.notes["gone"])
    job.notes = {"gone": {name: value for name, value in noted.items() if name != "complete"}}

    assert job.look("dc1", later=ENOUGH).is_final(3)
