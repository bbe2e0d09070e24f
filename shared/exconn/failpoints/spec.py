"""What EXCONN_FAILPOINTS says: `name=action[:seconds][%probability][@directory]`, separated by commas.

Actions: kill (this process), kill-group (the whole worker), raise, stop:SECONDS (freeze all threads),
sleep:SECONDS (this thread). With a directory, a failpoint fires once per key.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

VARIABLE = "EXCONN_FAILPOINTS"
#: Nothing waits longer than this, whatever the variable says.
LONGEST = timedelta(minutes=10)


class FailpointAction(StrEnum):
    """What happens at a failpoint."""

    KILL = "kill"
    KILL_GROUP = "kill-group"
    RAISE = "raise"
    STOP = "stop"
    SLEEP = "sleep"


_TIMED = (FailpointAction.STOP, FailpointAction.SLEEP)


class FailpointError(RuntimeError):
    """What the action `raise` raises."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"failpoint {name}")


class FailpointSpecError(ValueError):
    """EXCONN_FAILPOINTS cannot be read. Nothing was started; correct it and start again."""

    def __init__(self, part: str, problem: str) -> None:
        self.part = part
        self.problem = problem
        super().__init__(
            f"{VARIABLE}: {part!r}: {problem}; write name=action[:seconds][%probability][@directory], "
            f"with one of the actions {', '.join(FailpointAction)}"
        )


@dataclass(frozen=True, kw_only=True)
class Failpoint:
    """One armed failpoint."""

    name: str
    action: FailpointAction
    span: timedelta = timedelta(0)
    probability: float = 1.0
    once_in: Path | None = None


def parse_failpoints(text: str) -> dict[str, Failpoint]:
    """The failpoints that the variable arms, by name. Raises FailpointSpecError."""
    parts = [part.strip() for part in text.split(",")]
    found = [_failpoint(part) for part in parts if part]
    return {point.name: point for point in found}


def _failpoint(part: str) -> Failpoint:
    rest, _, directory = part.partition("@")
    rest, _, probability = rest.partition("%")
    name, equals, rest = rest.partition("=")
    action, _, seconds = rest.partition(":")
    if not name or not equals:
        raise FailpointSpecError(part, "no name and action")
    if action not in list(FailpointAction):
        raise FailpointSpecError(part, f"unknown action {action!r}")
    return Failpoint(
        name=name,
        action=FailpointAction(action),
        span=_span(part, FailpointAction(action), seconds),
        probability=_probability(part, probability),
        once_in=Path(directory) if directory else None,
    )


def _span(part: str, action: FailpointAction, seconds: str) -> timedelta:
    if action not in _TIMED:
        if seconds:
            raise FailpointSpecError(part, f"{action} takes no seconds")
        return timedelta(0)
    span = timedelta(seconds=_number(part, seconds))
    if not timedelta(0) < span <= LONGEST:
        raise FailpointSpecError(part, f"seconds must be above 0 and at most {LONGEST.total_seconds():g}")
    return span


def _probability(part: str, text: str) -> float:
    if not text:
        return 1.0
    value = _number(part, text)
    if not 0 <= value <= 1:
        raise FailpointSpecError(part, "the probability must be between 0 and 1")
    return value


def _number(part: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as exc:
        raise FailpointSpecError(part, f"{text!r} is no number") from exc
