"""Where a service listens, told to others on the same machine: a file of its state folder, `intake.json` for intake.

The file is there for as long as the service listens, and holds the address and the process id.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path


class AnnounceError(Exception):
    """The state folder cannot be written."""

    def __init__(self, path: Path, detail: str) -> None:
        self.path = path
        self.detail = detail
        super().__init__(f"EXCONN_STATE_DIR: cannot write {path} ({detail}); name a folder that can be written")


def place_of(state_dir: Path, service: str) -> Path:
    """The file in which a service says where it listens."""
    return state_dir / f"{service}.json"


@contextlib.contextmanager
def announced(state_dir: Path, service: str, url: str) -> Iterator[None]:
    """Say where `service` listens, whole or not at all, for as long as it does. Raises AnnounceError."""
    place = place_of(state_dir, service)
    _write(place, url)
    try:
        yield
    finally:
        # Another process may have taken the place over meanwhile: what it wrote stays.
        if _read(place).get("pid") == os.getpid():
            place.unlink(missing_ok=True)


def announced_url(state_dir: Path, service: str) -> str:
    """Where `service` says that it listens; empty when it does not, or nobody can read it."""
    return str(_read(place_of(state_dir, service)).get("url", ""))


def _write(place: Path, url: str) -> None:
    draft = place.with_suffix(f".{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n", encoding="utf-8")
        draft.replace(place)
    except OSError as exc:
        raise AnnounceError(place, exc.strerror or type(exc).__name__) from exc


def _read(place: Path) -> dict[str, object]:
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
