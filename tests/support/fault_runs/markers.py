"""Which failpoint strikes which job: a failpoint that must not strike finds its mark made already."""

from collections.abc import Iterable
from pathlib import Path

_SPARED = "spared"


class Markers:
    """The folder in which once-only failpoints leave their marks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def arm(self, names: Iterable[str]) -> str:
        """The value of EXCONN_FAILPOINTS that kills once per key at each of `names`."""
        return ",".join(f"{name}=kill@{self.folder}" for name in names)

    def spare(self, names: Iterable[str], key: str) -> None:
        """Let no failpoint of `names` strike at `key`."""
        for name in names:
            path = self.folder / f"{name}.{key}"
            if not path.exists():
                path.write_text(_SPARED, encoding="ascii")

    def struck(self) -> int:
        """How often a failpoint has struck."""
        return sum(path.stat().st_size == 0 for path in self.folder.iterdir())

    def has_struck(self, name: str, key: str) -> bool:
        """Whether that failpoint has struck at that key."""
        path = self.folder / f"{name}.{key}"
        return path.exists() and path.stat().st_size == 0
