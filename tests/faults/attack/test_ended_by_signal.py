"""An attack that a signal ends leaves no process behind, and no file."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.machine.processes import ChildProcesses, wait_until

ATTACK = "stolen-key-resumes-switch"
#: That of the attack and that of its control.
COMPANIES = 2
COMES_ABOUT_WITHIN, ENDS_WITHIN = timedelta(seconds=120), timedelta(seconds=60)


def processes_in(folder: Path, named: str = "") -> list[int]:
    """The ids of the processes that keep their temporary files there: what a child starts inherits that."""
    places = Path("/proc").glob("[0-9]*")
    return [
        int(place.name)
        for place in places
        if f"TMPDIR={folder}" in _read(place / "environ") and (not named or named in _read(place / "cmdline"))
    ]


def _read(place: Path) -> list[str]:
    try:
        return place.read_text(encoding="utf-8", errors="replace").split("\0")
    except OSError:
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where an attack has its temporary files; what still runs there after the test has failed is ended."""
    made = tmp_path / "temporary"
    made.mkdir()
    yield made
    for left in processes_in(made):
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_an_attack_that_a_signal_ends_leaves_nothing_behind(
    processes: ChildProcesses, folder: Path, number: signal.Signals
) -> None:
    campaign = processes.start("attack", "-m", "tests.faults", "attack", "--only", ATTACK, env={"TMPDIR": str(folder)})

    def coordinators() -> list[int]:
        return processes_in(folder, "exconn.coordinator")

    campaign.wait_until(lambda: len(coordinators()) == COMPANIES, COMES_ABOUT_WITHIN, "the companies")
    # Nothing comes about any more by which the attack would end.
    for coordinator in coordinators():
        os.kill(coordinator, signal.SIGSTOP)

    campaign.signal(number)

    campaign.wait(ENDS_WITHIN)
    wait_until(lambda: not processes_in(folder), ENDS_WITHIN, "the end of all that it started", logs=[campaign.log])
    assert list(folder.glob("exconn-attack-*")) == []
