"""The oracle: what really was executed and happened, in order, whatever clients believe.

Every cmdlet is written to a file before its answer leaves; the copy in memory also learns whether
the answer was delivered.
"""

import json
import time
from collections import deque
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

#: Entries kept in memory; the file keeps all.
_KEPT = 100_000


class Oracle:
    """An append-only log of executed cmdlets."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._file: TextIO = path.open("a", encoding="utf-8")
        self._entries: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._events: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._count = 0

    def record(self, *, answered: bool, **what: Any) -> dict[str, Any]:
        """Write down one executed cmdlet; `answered` is false when a fault takes the answer away."""
        with self._lock:
            entry = self._written({**what, "answered": answered})
            self._entries.append(entry)
            # Only a delivery makes it true in memory.
            entry["answered"] = False
            return entry

    def happened(self, event: str, guid: str) -> None:
        """Write down what no cmdlet did: `acknowledged` is a phone's claim that a wipe has reached it."""
        with self._lock:
            self._events.append(self._written({"event": event, "identity_guid": guid.lower()}))

    def _written(self, what: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        entry = {"n": self._count, "at": datetime.now(UTC).isoformat(), "monotonic": time.monotonic(), **what}
        self._file.write(json.dumps(entry, default=str) + "\n")
        self._file.flush()
        return entry

    def events(self, event: str, guid: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """What happened after number `since`, numbered together with the cmdlets."""
        with self._lock:
            found = [dict(e) for e in self._events if e["n"] > since and e["event"] == event]
        return [e for e in found if guid is None or e["identity_guid"] == guid.lower()]

    def entries(self, cmdlet: str = "*", guid: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """Executed cmdlets after number `since`; either family's name, `*` at the end."""
        patterns = _both_families(cmdlet)
        with self._lock:
            found = [e for e in self._entries if e["n"] > since]
        return [
            dict(e)
            for e in found
            if any(fnmatchcase(e["cmdlet"].lower(), p) for p in patterns)
            and (guid is None or e["identity_guid"] == guid.lower())
        ]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


def _both_families(pattern: str) -> set[str]:
    pattern = pattern.lower()
    old = pattern.replace("mobiledevice", "activesyncdevice")
    new = pattern.replace("activesyncdevice", "mobiledevice")
    if "mailboxpolicy" in pattern:
        old = pattern.replace("mobiledevicemailboxpolicy", "activesyncmailboxpolicy")
        new = pattern.replace("activesyncmailboxpolicy", "mobiledevicemailboxpolicy")
    return {pattern, old, new}


def matches_cmdlet(pattern: str, cmdlet: str) -> bool:
    """Whether a cmdlet fits a pattern that may name either family."""
    return any(fnmatchcase(cmdlet.lower(), p) for p in _both_families(pattern))
