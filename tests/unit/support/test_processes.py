"""Children of tests are started, watched and ended as promised."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.machine.processes import ChildProcesses, wait_until

SOON = timedelta(seconds=10)
SLEEPER = "import time; print('ready', flush=True); time.sleep(60)"
#: Starts a child of its own and prints the pid of it.
PARENT = (
    "import subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "print(child.pid, flush=True); time.sleep(60)"
)
#: What a shell does to a program in the background; it starts a child of the kind that tests start, and interrupts it.
IN_THE_BACKGROUND = """
import pathlib, signal, sys
from datetime import timedelta
from tests.support.machine.processes import ChildProcesses
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = ChildProcesses(pathlib.Path(sys.argv[1])).start("interrupted", "-c", sys.argv[2])
child.wait_until(lambda: "ready" in child.log.read_text(), timedelta(seconds=10), "readiness")
child.signal(signal.SIGINT)
print(child.wait(timedelta(seconds=10)), signal.getsignal(signal.SIGINT).name)
"""


def runs(pid: int) -> bool:
    """False also for a zombie, which nobody may be there to collect."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_child_sees_what_it_is_given_and_no_other_setting(
    processes: ChildProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCONN_LEAKED", "x")
    script = "import os; print(sorted(name for name in os.environ if name.startswith('EXCONN_')))"

    child = processes.start("show", "-c", script, env={"EXCONN_GIVEN": "x"})

    assert child.wait(SOON) == 0
    assert child.log.read_text() == "['EXCONN_GIVEN']\n"


def test_terminate_and_kill_return_how_the_child_ended(processes: ChildProcesses) -> None:
    polite = processes.start("polite", "-c", SLEEPER)
    killed = processes.start("killed", "-c", SLEEPER)

    killed.kill()

    assert polite.terminate() == -signal.SIGTERM
    assert killed.exit_code == -signal.SIGKILL


@pytest.mark.slow
def test_children_of_a_suite_in_the_background_are_interrupted_though_it_ignores_that_itself(
    processes: ChildProcesses, tmp_path: Path
) -> None:
    suite = processes.start(
        "suite", "-c", IN_THE_BACKGROUND, str(tmp_path), SLEEPER, env={"PYTHONPATH": str(Path(__file__).parents[3])}
    )

    assert suite.wait(SOON * 2) == 0, suite.log.read_text()
    assert suite.log.read_text() == f"{-signal.SIGINT} SIG_IGN\n"


def test_nothing_that_a_child_started_outlives_the_test(tmp_path: Path) -> None:
    children = ChildProcesses(tmp_path)
    parent = children.start("parent", "-c", PARENT)
    grandchild = int(parent.wait_until(parent.log.read_text, SOON, "a pid"))
    parent.kill()
    assert runs(grandchild)

    children.end_all()

    wait_until(lambda: not runs(grandchild), SOON, "the end of the grandchild")


def test_waiting_in_vain_fails_with_the_condition_and_the_log(processes: ChildProcesses) -> None:
    child = processes.start("quiet", "-c", SLEEPER)
    child.wait_until(lambda: "ready" in child.log.read_text(), SOON, "readiness")

    with pytest.raises(pytest.fail.Exception, match=r"0\.1 s for a miracle(.|\n)*ready"):
        wait_until(lambda: False, timedelta(milliseconds=100), "a miracle", logs=processes.logs)


def test_waiting_for_a_child_that_ended_fails_at_once(processes: ChildProcesses) -> None:
    child = processes.start("broken", "-c", "raise SystemExit('no such setting')")

    with pytest.raises(pytest.fail.Exception, match=r"broken ended \(1\) before readiness(.|\n)*no such"):
        child.wait_until(lambda: False, timedelta(minutes=1), "readiness")


def test_ending_a_group_twice_is_harmless(processes: ChildProcesses) -> None:
    child = processes.start("short", "-c", "")
    child.end_group()
    child.end_group()

    assert child.exit_code is not None
    assert os.getpgrp() != child.pid
