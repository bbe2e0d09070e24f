"""Real child processes for tests, each with its own group and log file, and waiting for conditions.

A test names what it waits for; when the time is up the failure shows the condition and the tail of the log.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

import pytest

Found = TypeVar("Found")
#: What is asked again and again until it finds something.
Look = Callable[[], Found | Literal[False] | None]

LOOK_EVERY = timedelta(seconds=0.02)
LOG_TAIL_LINES = 40
STOP_WITHIN = timedelta(seconds=10)
#: What a child inherits from the shell; everything else it is given.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "CI", "SSL_CERT_FILE")
#: Signals that end a program. A shell starts what it puts in the background with some of them ignored.
ENDING_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)


def log_tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log, headed by its name; says so when there is none yet."""
    if not log.exists():
        return f"--- {log.name}: not written"
    tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join([f"--- {log.name}, last {len(tail)} lines:", *tail])


def comes_true(predicate: Look[Found], timeout: timedelta, *, every: timedelta = LOOK_EVERY) -> Found | None:
    """The first true value of `predicate`, or None at the time-out, where that is an answer and no failure."""
    deadline = time.monotonic() + timeout.total_seconds()
    while True:
        found = predicate()
        if found:
            return found
        if time.monotonic() >= deadline:
            return None
        time.sleep(every.total_seconds())


def wait_until(predicate: Look[Found], timeout: timedelta, what: str, *, logs: Sequence[Path] = ()) -> Found:
    """The first true value of `predicate`; fails the test with `what` and the log tails at the time-out."""
    found = comes_true(predicate, timeout)
    if found:
        return found
    report = [f"waited {timeout.total_seconds():g} s for {what}", *(log_tail(log) for log in logs)]
    pytest.fail("\n".join(report), pytrace=False)


def ended_by_signals(command: Sequence[str]) -> list[str]:
    """The command, of a program that signals end even where this process ignores them.

    Children inherit what is ignored; `env` undoes that between fork and program, whichever thread starts it.
    """
    ignored = [number for number in ENDING_SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
    if not ignored:
        return list(command)
    return ["env", *(f"--default-signal={number.name.removeprefix('SIG')}" for number in ignored), *command]


class ChildProcess:
    """One started program: leader of its own process group, all of whose output goes to `log`."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._group_ended = False
        inherited = {key: os.environ[key] for key in INHERITED if key in os.environ}
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                ended_by_signals(command),
                env=inherited | {"PYTHONUNBUFFERED": "1"} | dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._popen.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send to the program alone, unless it has ended."""
        if self.exit_code is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL to the program alone; what it started lives on until `end_group`."""
        self.signal(signal.SIGKILL)
        self._popen.wait(timeout=STOP_WITHIN.total_seconds())

    def end_group(self) -> None:
        """SIGKILL to the whole group, so that nothing it started is left; only once, as a number may come again.

        It has come again when the program has ended and one of its number runs: as long as anything of the group lives,
        no other process gets that number.
        """
        if self._group_ended or (self.exit_code is not None and Path(f"/proc/{self.pid}").exists()):
            return
        self._group_ended = True
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self._popen.wait(timeout=STOP_WITHIN.total_seconds())

    def terminate(self, within: timedelta = STOP_WITHIN) -> int:
        """SIGTERM and wait for a clean end; fails the test with the log when it does not come."""
        self.signal(signal.SIGTERM)
        return self.wait(within)

    def wait(self, within: timedelta) -> int:
        """Its exit code; fails the test with the log when it still runs after `within`."""
        try:
            return self._popen.wait(timeout=within.total_seconds())
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self.name} still runs\n{log_tail(self.log)}", pytrace=False)

    def wait_until(self, predicate: Look[Found], timeout: timedelta, what: str) -> Found:
        """As the function of that name, and fails at once when the program has ended meanwhile."""

        def found_or_ended() -> bool:
            return bool(predicate()) or self.exit_code is not None

        wait_until(found_or_ended, timeout, f"{what} of {self.name}", logs=[self.log])
        found = predicate()
        if not found:
            report = f"{self.name} ended ({self.exit_code}) before {what}\n{log_tail(self.log)}"
            pytest.fail(report, pytrace=False)
        return found


class ChildProcesses:
    """Starts children and ends them all, with everything that they started, at the end of the test."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._started: list[ChildProcess] = []

    def start(self, name: str, *arguments: str, env: Mapping[str, str] | None = None) -> ChildProcess:
        """Start this Python with `arguments`, for example `start("intake", "-m", "exconn.intake")`."""
        return self.start_program(name, sys.executable, *arguments, env=env)

    def start_program(self, name: str, *command: str, env: Mapping[str, str] | None = None) -> ChildProcess:
        log = self._log_dir / f"{name}-{len(self._started)}.log"
        child = ChildProcess(name, command, env=env or {}, log=log)
        self._started.append(child)
        return child

    @property
    def logs(self) -> list[Path]:
        return [child.log for child in self._started]

    def end_all(self) -> None:
        for child in reversed(self._started):
            child.end_group()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[ChildProcesses]:
    """Child processes of this test alone; none outlives it."""
    log_dir = tmp_path / "logs"
    log_dir.mkdir()
    children = ChildProcesses(log_dir)
    try:
        yield children
    finally:
        children.end_all()
