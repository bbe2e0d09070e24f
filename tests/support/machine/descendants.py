"""What a process started ends with it, whatever ends the process: so long as it is on Linux, and not stopped itself."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

#: What a terminal, and whoever ends a run, sends.
ENDING = (signal.SIGTERM, signal.SIGINT)
#: Of `prctl`: a signal at the parent's end; orphans become one's own.
_AT_END_OF_PARENT, _TAKE_ORPHANS = 1, 36
LOOK_EVERY_SECONDS = 0.02


def exit_on_signals() -> None:
    """Have the first signal that ends a program be an exit, so that what was begun is ended; later ones do nothing."""
    for number in ENDING:
        signal.signal(number, _exit)


def _exit(number: int, _: FrameType | None) -> None:
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


@contextlib.contextmanager
def nothing_outlives(parent: int) -> Iterator[None]:
    """What this process starts ends with the block; and the block ends when a signal comes, or the parent has ended."""
    exit_on_signals()
    _control(_TAKE_ORPHANS, 1)
    _control(_AT_END_OF_PARENT, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("its parent has ended")
    try:
        yield
    finally:
        end_descendants()


def end_descendants() -> None:
    """SIGKILL to each process that this one started, and that one of these started, until none runs."""
    while found := _descendants():
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(LOOK_EVERY_SECONDS)


def _descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        # Behind the name, which may hold anything: the state and the parent. What has ended has its number for a while.
        state, parent, *_ = [*_read(place).rpartition(")")[2].split(), "", ""]
        if state and state not in "ZX":
            children.setdefault(int(parent), []).append(int(place.parent.name))
    found, new = [], children.get(os.getpid(), [])
    while new:
        found += new
        new = [child for pid in new for child in children.get(pid, [])]
    return found


def _read(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
