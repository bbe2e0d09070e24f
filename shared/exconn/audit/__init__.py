"""The audit log: a Merkle tree over status messages, its checkpoints, and finding out whether anything was changed.

The monitor writes it; whoever has an export of it and the monitor's public key can verify it without the monitor.
"""

from exconn.audit.anchors import Anchors
from exconn.audit.checkpoint import Checkpoint
from exconn.audit.element import Element, Entry, EntryKind, Private
from exconn.audit.findings import AuditFinding, AuditReport, Compared, FindingKind
from exconn.audit.verify import Verifier

__all__ = [
    "Anchors",
    "AuditFinding",
    "AuditReport",
    "Checkpoint",
    "Compared",
    "Element",
    "Entry",
    "EntryKind",
    "FindingKind",
    "Private",
    "Verifier",
]
