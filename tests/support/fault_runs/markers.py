"""Which failpoint strikes which job: a failpoint that must not strike finds its mark made already."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from tests.support.fault_runs.points import FREEZING

_SPARED = "spared"


class Markers:
    """The folder in which once-only failpoints leave their marks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def arm(self, names: Iterable[str], *, frozen_for: timedelta = timedelta(seconds=1)) -> str:
        """The value of EXCONN_FAILPOINTS that kills, or freezes, once per key at each of `names`."""
        stop = f"stop:{frozen_for.total_seconds():g}"
        return ",".join(f"{name}={stop if name in FREEZING else 'kill'}@{self.folder}" for name in names)

    def spare(self, names: Iterable[str], key: str) -> None:
        """Let no failpoint of `names` strike at `key`."""
        for name in names:
            path = self.folder / f"{name}.{key}"
            if not path.exists():
                path.write_text(_SPARED, encoding="ascii")

    def killed(self) -> int:
        """How often a failpoint has killed a process."""
        return len(self._struck()) - self.froze()

    def froze(self) -> int:
        """How often a failpoint has frozen a process."""
        return sum(path.name.startswith(tuple(f"{name}." for name in FREEZING)) for path in self._struck())

    def _struck(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if path.stat().st_size == 0]

    def has_struck(self, name: str, key: str) -> bool:
        """Whether that failpoint has struck at that key."""
        path = self.folder / f"{name}.{key}"
        return path.exists() and path.stat().st_size == 0
