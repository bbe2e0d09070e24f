"""What the doctor finds: one line for each thing looked at, with the next step; and the exit code of it all."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from exconn.cli.command_errors import ExitCode

State = Literal["ok", "warning", "failed", "not looked at"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One look at one thing. `code` is the exit code when this is what failed."""

    check: str
    state: State
    said: str
    next: str = ""
    code: ExitCode = ExitCode.UNHEALTHY
    data: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The finding for programs."""
        shown = asdict(self)
        del shown["code"]
        return {name: value for name, value in shown.items() if value not in ("", {})}


def ok(check: str, said: str, **data: Any) -> Finding:
    """All is well."""
    return Finding(check=check, state="ok", said=said, data=data)


def warning(check: str, said: str, remedy: str, **data: Any) -> Finding:
    """It works, and somebody should know."""
    return Finding(check=check, state="warning", said=said, next=remedy, data=data)


def failed(check: str, said: str, remedy: str, code: ExitCode = ExitCode.UNHEALTHY, **data: Any) -> Finding:
    """It does not work."""
    return Finding(check=check, state="failed", said=said, next=remedy, code=code, data=data)


def skipped(check: str, why: str) -> Finding:
    """Not looked at, because of something found before."""
    return Finding(check=check, state="not looked at", said=why)


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """The code of the first failure: what fails later is often its consequence."""
    return next((each.code for each in findings if each.state == "failed"), ExitCode.DONE)


def summary(findings: Iterable[Finding]) -> dict[str, int]:
    """How many of each state."""
    counts = dict.fromkeys(("ok", "warning", "failed", "not looked at"), 0)
    for each in findings:
        counts[each.state] += 1
    return counts


#: One check: what is looked at, and the function that looks.
Check = tuple[str, Callable[[], Iterator[Finding]]]
