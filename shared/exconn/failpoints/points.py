"""Firing: the table of armed failpoints of this process, read from the environment at its first use.

A child that was forked inherits the table; its seed is mixed with a count per name, so that a run can be repeated.
"""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from datetime import timedelta

from exconn.failpoints.spec import VARIABLE, Failpoint, FailpointAction, FailpointError, parse_failpoints

SEED_VARIABLE = "EXCONN_FAILPOINTS_SEED"

_table: dict[str, Failpoint] | None = None
_passed: Counter[str] = Counter()
#: The main process of this worker, which `kill-group` ends together with its children.
_worker: int | None = None


def armed() -> tuple[str, ...]:
    """The names of the armed failpoints; empty in production. Raises FailpointSpecError: call it at start."""
    return tuple(_armed())


def name_worker(pid: int) -> None:
    """Say which process is the main one of this worker, before it forks. Its children die with it."""
    global _worker
    _worker = pid


def failpoint(name: str, *, key: str = "") -> None:
    """A place that may fail. `key` (a job id) is what once-only failpoints count by."""
    point = _armed().get(name)
    if point is not None and _is_its_turn(point, key):
        _fire(point)


def _armed() -> dict[str, Failpoint]:
    global _table
    if _table is None:
        _table = parse_failpoints(os.environ.get(VARIABLE, ""))
    return _table


def _is_its_turn(point: Failpoint, key: str) -> bool:
    _passed[point.name] += 1
    if point.probability < 1 and _draw(point.name, key) >= point.probability:
        return False
    return point.once_in is None or _first_time(point, key)


def _draw(name: str, key: str) -> float:
    seed = os.environ.get(SEED_VARIABLE)
    if seed is None:
        return random.random()  # noqa: S311  (faults, not secrets)
    return random.Random(f"{seed}/{name}/{key}/{_passed[name]}").random()  # noqa: S311


def _first_time(point: Failpoint, key: str) -> bool:
    if point.once_in is None:
        return True
    point.once_in.mkdir(parents=True, exist_ok=True)
    try:
        (point.once_in / f"{point.name}.{key}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _fire(point: Failpoint) -> None:
    if point.action is FailpointAction.RAISE:
        raise FailpointError(point.name)
    if point.action is FailpointAction.SLEEP:
        time.sleep(point.span.total_seconds())
    elif point.action is FailpointAction.STOP:
        _freeze(point.span)
    else:
        _kill(whole_worker=point.action is FailpointAction.KILL_GROUP)


def _kill(*, whole_worker: bool) -> None:
    if whole_worker and _worker is not None and _worker != os.getpid():
        os.kill(_worker, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def _freeze(span: timedelta) -> None:
    """Stop every thread of this process, as a paused machine would; a shell outside of it wakes it again."""
    wake = f"sleep {span.total_seconds():g}; kill -CONT {os.getpid()}"
    with subprocess.Popen(["/bin/sh", "-c", wake], start_new_session=True):  # noqa: S603  (a number and a pid)
        os.kill(os.getpid(), signal.SIGSTOP)
