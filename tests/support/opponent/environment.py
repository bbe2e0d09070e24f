"""The opponent's environment: it needs Python 3.13 or later and an older client of Redis."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.machine.environments import locked_environment

NAME = "celery-redis-plus"
ROOT = Path(__file__).parents[3]
LOCK = ROOT / "requirements" / "opponent.txt"
OLDEST = (3, 13)


class NoPythonForOpponentError(RuntimeError):
    """This machine shows no Python that the opponent runs on; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "the opponent needs Python 3.13 or later: install python3.13, or run this with EXCONN_PYTHON naming one"
        )


def opponent_python(
    version: tuple[int, ...] = sys.version_info[:2], find: Callable[[str], str | None] = shutil.which
) -> str:
    """A Python that is new enough: the one that runs this, of that `version`, or one that `find` finds."""
    if version >= OLDEST:
        return sys.executable
    found = find("python3.13")
    if found is None:
        raise NoPythonForOpponentError
    return found


def opponent_environment(directory: Path) -> Path:
    """The Python of a new environment below `directory` with what the lock names."""
    return locked_environment(directory, LOCK, python=opponent_python())
