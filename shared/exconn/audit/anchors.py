"""The second place of checkpoints: a file that only grows, one checkpoint a line, best where the database is not."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from exconn.audit.checkpoint import Checkpoint


class AnchorError(ValueError):
    """A line of the file that is no checkpoint."""

    def __init__(self, path: Path, line: int) -> None:
        self.path, self.line = path, line
        super().__init__(f"{path}: line {line} is no checkpoint; somebody has changed the file")


def add_anchor(path: Path, checkpoint: Checkpoint) -> None:
    """Append a checkpoint, and have it on the disk. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, (json.dumps(asdict(checkpoint)) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_anchors(path: Path) -> list[Checkpoint]:
    """All checkpoints in the file. Raises OSError and AnchorError."""
    found: list[Checkpoint] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found.append(checkpoint_of(json.loads(line)))
        except ValueError as exc:
            raise AnchorError(path, number) from exc
    return found


def checkpoint_of(told: object) -> Checkpoint:
    """The checkpoint in a JSON object. Raises ValueError."""
    if not isinstance(told, dict):
        raise ValueError("no object")
    try:
        return Checkpoint(
            size=int(told["size"]),
            root=str(told["root"]),
            at=int(told["at"]),
            key=str(told["key"]),
            signature=str(told["signature"]),
        )
    except (KeyError, TypeError) as exc:
        raise ValueError("no checkpoint") from exc
