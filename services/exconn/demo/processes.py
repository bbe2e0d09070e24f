"""The demo's processes: started together, started again when one dies, ended together."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

from exconn.logs import get_logger

log = get_logger(__name__)

#: A process that dies is started again after this long, and given up after so many deaths in a row.
RESTART_AFTER = 1.0
RESTARTS = 20
#: How long a process may take to end before it is killed.
END_WITHIN = 12.0
#: How long a command may take.
RUN_WITHIN = 60.0


class ProcessFailedError(Exception):
    """A process of the demo does not start or keeps dying."""

    def __init__(self, name: str, log_file: Path) -> None:
        self.name = name
        self.log_file = log_file
        super().__init__(f"{name} does not run: {last_line(log_file)}; the whole log is in {log_file}")


@dataclass(kw_only=True)
class Supervised:
    """One process and how to start it."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log_file: Path
    restarts: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start, in a process group of its own, its output in its log."""
        with self.log_file.open("ab") as sink:
            self.process = subprocess.Popen(  # noqa: S603  (our own interpreter and module names)
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the whole group; one that is gone is fine."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


@dataclass
class Supervisor:
    """Keeps the processes running until it is stopped."""

    logs: Path
    environment: Mapping[str, str]
    _all: list[Supervised] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _stop: Event = field(default_factory=Event)
    _watcher: Thread | None = None

    def start(self, name: str, command: list[str], **extra: str) -> Supervised:
        """Start a process under that name."""
        self.logs.mkdir(parents=True, exist_ok=True)
        supervised = Supervised(
            name=name,
            command=command,
            environment={**self.environment, **extra},
            log_file=self.logs / f"{name}.log",
        )
        with self._lock:
            supervised.start()
            self._all.append(supervised)
        if self._watcher is None:
            self._watcher = Thread(target=self._watch, daemon=True)
            self._watcher.start()
        return supervised

    def start_service(self, service: str, *, name: str = "", **extra: str) -> Supervised:
        """Start `python -m exconn.<service>`."""
        return self.start(name or service, [sys.executable, "-m", f"exconn.{service}"], **extra)

    def run(self, name: str, command: list[str]) -> None:
        """Run a command to its end. Raises ProcessFailedError."""
        self.logs.mkdir(parents=True, exist_ok=True)
        once = Supervised(name=name, command=command, environment=self.environment, log_file=self.logs / f"{name}.log")
        once.start()
        if once.process is None or once.process.wait(RUN_WITHIN) != 0:
            raise ProcessFailedError(name, once.log_file)

    def failed(self) -> ProcessFailedError | None:
        """Why the demo can't go on, if a process keeps dying."""
        for supervised in self._all:
            if supervised.restarts >= RESTARTS and not supervised.running:
                return ProcessFailedError(supervised.name, supervised.log_file)
        return None

    def names(self) -> dict[str, int]:
        """Name and process id of everything that runs."""
        return {one.name: one.process.pid for one in self._all if one.running and one.process is not None}

    def stop(self) -> None:
        """End everything, last started first; whatever does not end in time is killed."""
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join(RESTART_AFTER * 2)
        with self._lock:
            last_first = list(reversed(self._all))
            for supervised in last_first:
                supervised.signal(signal.SIGTERM)
            deadline = time.monotonic() + END_WITHIN
            for supervised in last_first:
                _wait_or_kill(supervised, deadline)

    def _watch(self) -> None:
        while not self._stop.wait(RESTART_AFTER):
            with self._lock:
                for supervised in self._all:
                    if not supervised.running and supervised.restarts < RESTARTS:
                        supervised.signal(signal.SIGKILL)  # children that the dead process left
                        supervised.restarts += 1
                        supervised.start()


def _wait_or_kill(supervised: Supervised, deadline: float) -> None:
    if supervised.process is None:
        return
    try:
        supervised.process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        log.warning("process did not end in time and is killed", process=supervised.name)
    supervised.signal(signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        supervised.process.wait(5)


def last_line(log_file: Path) -> str:
    """The last line of a log that says something."""
    try:
        lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "it wrote no log"
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:300] if said else "it said nothing"
