"""Who turned the kill switch on and off, by the record, and what must hold of it. Pure: records in, sentences out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exconn.stream import Number


@dataclass
class SwitchOnRecord:
    """Who paused since it was off, and whose actions surely wait for it: they were stopped since, and not moved."""

    running: bool = False
    _pausers: list[str] = field(default_factory=list)
    _waiting: dict[str, str] = field(default_factory=dict)

    def take(
        self, record: Mapping[str, str], number: int, data: Mapping[str, Any], requesters: Mapping[str, str]
    ) -> Iterator[str]:
        """Read on; `requesters` says whose each job is."""
        job_id = record["job"]
        if number == Number.BRAKE_PAUSED:
            self._pause(record["by"], is_set_back=bool(data.get("set_back")))
        elif number == Number.BRAKE_RESUMED:
            yield from self._resume(str(data.get("resumed_by", "")), is_agreed=bool(data.get("asked_by")))
        elif number == Number.JOB_PAUSED:
            self._waiting[job_id] = requesters.get(job_id, "")
        else:
            self._waiting.pop(job_id, None)

    def _pause(self, by: str, *, is_set_back: bool) -> None:
        if self.running or not self._pausers:
            self._pausers, self._waiting = [], {}
        if not is_set_back:
            self._pausers.append(by)
        self.running = False

    def _resume(self, by: str, *, is_agreed: bool) -> Iterator[str]:
        """Of a switch that nobody turned on, anybody may resume."""
        others = set(self._pausers) - {by}
        if others and not is_agreed and by in self._waiting.values():
            yield f"{by}, of whom an action waits, resumed though {min(others)} had paused"
        self._pausers, self._waiting, self.running = [], {}, True
