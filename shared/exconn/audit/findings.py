"""What a verification finds, and its report."""

from dataclasses import dataclass, field
from enum import StrEnum

#: So many findings are told; all are counted.
MOST_TOLD = 100


class FindingKind(StrEnum):
    """What is wrong with the log, or with what it stands for."""

    EDITED = "edited"
    DELETED = "deleted"
    FORGED = "forged"
    MISSING = "missing"
    REPEATED = "repeated"
    REWRITTEN = "rewritten"
    CUT = "cut"
    NOT_SIGNED = "not-signed"
    BAD_SIGNATURE = "bad-signature"
    ANCHORS_CHANGED = "anchors-changed"


@dataclass(frozen=True, kw_only=True)
class AuditFinding:
    """One thing that is wrong. `sequence` is the number of the message that it is about; 0 where it is about none."""

    kind: FindingKind
    sequence: int
    text: str


@dataclass
class Compared:
    """A second place that was compared: its newest checkpoint, and how many of all agree with the log.

    One that is `stale` lacks what the log has sealed since.
    """

    place: str
    checkpoints: int = 0
    agree: int = 0
    size: int = 0
    at: int = 0
    stale: bool = False


@dataclass
class AuditReport:
    """What a verification found: how far it went, what is wrong, and what it could not know."""

    records: int = 0
    first: int = 0
    last: int = 0
    root: str = ""
    checkpoints: int = 0
    erased: int = 0
    count: int = 0
    findings: list[AuditFinding] = field(default_factory=list)
    anchors: list[Compared] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return self.count == 0

    def add(self, kind: FindingKind, sequence: int, text: str) -> None:
        """Count a finding, and tell it unless there are too many."""
        self.count += 1
        if len(self.findings) < MOST_TOLD:
            self.findings.append(AuditFinding(kind=kind, sequence=sequence, text=text))
