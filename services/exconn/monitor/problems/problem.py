"""One problem as it was found, and the sentence that people read of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from exconn.contracts.kinds import KINDS
from exconn.contracts.reason_texts import reason_text
from exconn.contracts.work import Kind
from exconn.monitor.problems.codes import ProblemCode, ProblemSeverity
from exconn.monitor.problems.problem_texts import PROBLEMS, ProblemRow

#: Irregular plurals among the labels of kinds.
_SEVERAL = {"part of a sweep": "parts of sweeps", "policy apply": "policy applies"}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong, since when, how many, and whom it concerns: never a person or a device.

    `reason` is a code of jobs or accounts, `finding` what a person may acknowledge. `values` are further fields of the
    text, `said` a text of its own.
    """

    code: ProblemCode
    connector: str = ""
    service: str = ""
    account: str = ""
    kind: str = ""
    reason: str = ""
    count: int = 1
    since: datetime | None = None
    command: str = ""
    finding: str = ""
    said: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def row(self) -> ProblemRow:
        """Its row of the table."""
        return PROBLEMS[self.code]

    @property
    def severity(self) -> ProblemSeverity:
        """How bad it is."""
        return self.row.severity

    @property
    def text(self) -> str:
        """What is wrong, as a sentence without its full stop."""
        return self.said or self.row.text.format_map(self._words())

    @property
    def next_command(self) -> str:
        """What to type next; empty where a command does not help."""
        return self.command or self.row.command.format_map(self._words()).strip()

    def _words(self) -> dict[str, object]:
        several = self.count != 1
        return {
            "connector": self.connector,
            "service": self.service,
            "account": self.account,
            "kind": self.kind,
            "count": self.count,
            "jobs": _jobs(self.kind, several=several),
            "processes": "processes" if several else "process",
            "wait": "wait" if several else "waits",
            "reason": _reason(self.reason),
            **self.values,
        }


def _jobs(kind: str, *, several: bool) -> str:
    label = KINDS[Kind(kind)].label if kind in KINDS else kind or "job"
    if not several:
        return label
    first, of, rest = label.partition(" of ")
    return _SEVERAL.get(label) or f"{first}s{of}{rest}"


def _reason(code: str) -> str:
    """The text of a reason without what differs from job to job, which may be about a person."""
    text = reason_text(code, {}).removesuffix(": ?")
    return code.replace("_", " ") if "?" in text else text
