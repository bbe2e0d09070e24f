"""Verifying an audit log: every row against its hash, all hashes against the checkpoints, numbers without a gap."""

from collections.abc import Iterable, Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.audit.checkpoint import Checkpoint
from exconn.audit.entry import Entry, EntryKind
from exconn.audit.findings import AuditReport, FindingKind
from exconn.audit.merkle import Frontier
from exconn.audit.numbers import Numbers

#: The number of the status message by which a person acknowledges a finding.
ACKNOWLEDGED = 50155


class Verifier:
    """Takes the elements in their order, then says what is wrong.

    `checkpoints` are the log's own, `anchors` those of a second place: each is compared when the log has its size.
    `keys` are the public keys that may sign, by id; where there are any, the newest checkpoint must be signed.
    """

    def __init__(
        self,
        checkpoints: Iterable[Checkpoint],
        *,
        anchors: Sequence[Checkpoint] | None = None,
        keys: Mapping[str, Ed25519PublicKey] | None = None,
    ) -> None:
        self.report = AuditReport()
        self._keys = keys or {}
        self._anchors = anchors
        self._frontier = Frontier()
        self._numbers = Numbers()
        self._rewritten = False
        self._compared = 0
        self._awaited: list[Checkpoint] = []
        self._signed = False
        for given in (list(checkpoints), list(anchors or [])):
            self._expect(sorted(given, key=lambda one: one.size))
        self._awaited.sort(key=lambda one: one.size, reverse=True)

    def take(self, entry: Entry) -> None:
        """The next element."""
        report = self.report
        if entry.position != self._frontier.size:
            report.add(FindingKind.CUT, entry.sequence, f"element {self._frontier.size} of the log is gone")
        if entry.row is None:
            report.add(FindingKind.DELETED, entry.sequence, f"message {entry.sequence} was deleted")
        elif not entry.is_as_hashed():
            report.add(FindingKind.EDITED, entry.sequence, f"message {entry.sequence} was edited")
        report.erased += entry.erased
        self._follow(entry)
        self._frontier.append(bytes.fromhex(entry.hash))
        report.records = self._frontier.size
        while self._awaited and self._awaited[-1].size <= self._frontier.size:
            self._compare(self._awaited.pop())

    def stray(self, sequence: int, record: str) -> None:
        """A message that is in the record and not in the log."""
        text = f"message {sequence} was forged: record {record} is not in the log"
        self.report.add(FindingKind.FORGED, sequence, text)

    def finish(self, *, size: int, root: str) -> AuditReport:
        """The report, when all was taken of a log that says to have `size` elements under `root`."""
        report, frontier = self.report, self._frontier
        report.first, report.last, report.root = self._numbers.first, self._numbers.last, frontier.root().hex()
        longest = max([size, *(checkpoint.size for checkpoint in self._awaited)])
        if frontier.size < longest:
            text = f"the log ends at message {report.last}: {longest - frontier.size} elements behind it are gone"
            report.add(FindingKind.CUT, report.last, text)
        elif root != report.root and not self._rewritten:
            self._report_rewritten()
        for low, high in self._numbers.missing():
            which = f"message {low}" if low == high else f"messages {low} to {high}"
            report.add(FindingKind.MISSING, low, f"{which} never came")
        for number in self._numbers.repeated():
            report.add(FindingKind.REPEATED, number, f"message {number} came twice: one of them is forged")
        self._judge_signatures()
        return report

    def _expect(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Of one place. Once there was a signed one, those behind it are signed too."""
        signed = False
        for checkpoint in checkpoints:
            self.report.checkpoints += 1
            public = self._keys.get(checkpoint.key)
            if public is not None and checkpoint.is_signed_by(public):
                signed = True
            elif self._keys and (signed or checkpoint.signature):
                text = f"the checkpoint at element {checkpoint.size} has no good signature"
                self.report.add(FindingKind.BAD_SIGNATURE, 0, text)
                continue
            self._awaited.append(checkpoint)
        self._signed = self._signed or signed

    def _follow(self, entry: Entry) -> None:
        numbers, row = self._numbers, entry.row or {}
        if entry.kind == EntryKind.SET_BACK:
            numbers.set_back()
        elif entry.kind == EntryKind.ADOPTED:
            numbers.follow(entry.sequence, once=False)
        elif entry.kind == EntryKind.ASIDE and entry.sequence:
            numbers.put_aside(entry.sequence)
        elif entry.sequence:
            numbers.follow(entry.sequence)
        if row.get("number") == ACKNOWLEDGED:
            numbers.acknowledge(row.get("data") or {})

    def _compare(self, checkpoint: Checkpoint) -> None:
        if checkpoint.root == self._frontier.root().hex():
            self._compared = self._numbers.last
        elif not self._rewritten:
            self._report_rewritten()

    def _report_rewritten(self) -> None:
        """Once: whatever comes behind the first element that was rewritten has another root, too."""
        self._rewritten = True
        low, high = self._compared + 1, self._numbers.last
        text = f"the log was rewritten: something in messages {low} to {high} is not what its checkpoint says"
        self.report.add(FindingKind.REWRITTEN, low, text)

    def _judge_signatures(self) -> None:
        report = self.report
        if self._keys and not self._signed and report.records:
            report.add(FindingKind.BAD_SIGNATURE, 0, "no checkpoint is signed by a key that was given")
        if not self._keys:
            report.warnings.append("no key was given: whoever writes the database can write the whole log anew")
        if self._anchors is None:
            report.warnings.append("no second place was given: a log cut off together with its checkpoints looks whole")
