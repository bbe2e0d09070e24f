"""Second places of checkpoints, best where the database is not: a file that only grows, and the log files of syslog."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from exconn.audit.checkpoint import Checkpoint

#: What a checkpoint in a line of syslog stands behind, whatever the line has before it.
MARK = "exconn-audit-checkpoint="
#: A checkpoint that was sent again stands among as many before it.
_REPEATED = 10


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """The checkpoints of one second place, and what a person calls it."""

    place: str
    checkpoints: Sequence[Checkpoint]


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
        os.write(descriptor, (as_text(checkpoint) + "\n").encode())
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


def read_syslog(path: Path) -> list[Checkpoint]:
    """The checkpoints among the lines of a log file; a sender repeats some. Raises OSError and AnchorError."""
    found: list[Checkpoint] = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        _, marked, rest = line.partition(MARK)
        if not marked:
            continue
        try:
            told, _ = json.JSONDecoder().raw_decode(rest)
            checkpoint = checkpoint_of(told)
        except ValueError as exc:
            raise AnchorError(path, number) from exc
        if checkpoint not in found[-_REPEATED:]:
            found.append(checkpoint)
    return found


def as_text(checkpoint: Checkpoint) -> str:
    """The checkpoint as it stands in a line of either place."""
    return json.dumps(asdict(checkpoint))


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
