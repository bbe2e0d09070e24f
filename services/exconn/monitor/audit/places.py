"""Second places to which checkpoints are brought: a file, and syslog."""

from pathlib import Path
from typing import Protocol

from exconn.audit import Checkpoint
from exconn.audit.anchors import add_anchor


class SecondPlace(Protocol):
    """Keeps checkpoints where whoever has the database cannot change them."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def add(self, checkpoint: Checkpoint) -> None:
        """Bring a checkpoint there. Raises OSError."""


class AnchorFile:
    """A file that only grows, best on another machine."""

    name = "the anchor file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, checkpoint: Checkpoint) -> None:
        """Append it. Raises OSError."""
        add_anchor(self._path, checkpoint)
