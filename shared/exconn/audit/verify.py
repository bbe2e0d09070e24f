"""Verifying an audit log: every row against its hash, all hashes against the checkpoints, numbers without a gap."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.audit.anchors import Anchors
from exconn.audit.checkpoint import Checkpoint
from exconn.audit.element import Element, Entry, EntryKind
from exconn.audit.findings import AuditReport, Compared, FindingKind
from exconn.audit.merkle import Frontier
from exconn.audit.numbers import Numbers
from exconn.audit.steps import may_be_step, problem_of_row

#: The number of the status message by which a person acknowledges a finding.
ACKNOWLEDGED = 50155
_ACKNOWLEDGES = f"\0{ACKNOWLEDGED}\0"
_MESSAGE = EntryKind.MESSAGE.value
#: So many hashes are put into the tree at once, at most.
_LEAVES = 4096
_ENDLESS = sys.maxsize


class Verifier:
    """Takes the elements in their order, then says what is wrong.

    `checkpoints` are the log's own, `anchors` those of second places: each is compared when the log has its size.
    `keys` are the public keys that may sign, by id; where there are any, the newest checkpoint must be signed. With the
    public key of device actions, what a message says of an action must be signed by their worker.
    """

    def __init__(
        self,
        checkpoints: Iterable[Checkpoint],
        *,
        anchors: Sequence[Anchors] = (),
        keys: Mapping[str, Ed25519PublicKey] | None = None,
        actions_key: Ed25519PublicKey | None = None,
    ) -> None:
        self.report = AuditReport()
        self._keys = keys or {}
        self._actions_key = actions_key
        self._frontier = Frontier()
        self._leaves: list[bytes] = []
        self._size = self._next = 0
        self._numbers = Numbers()
        self._rewritten = False
        self._compared = 0
        self._awaited: list[tuple[Checkpoint, Compared | None]] = []
        self._signed = False
        own = sorted(checkpoints, key=lambda one: one.size)
        self._expect(own, None)
        for place in anchors:
            self._expect(sorted(place.checkpoints, key=lambda one: one.size), self._place(place, own))
        self._awaited.sort(key=lambda one: one[0].size, reverse=True)

    def take_all(self, elements: Iterable[Element]) -> None:
        """The next elements. Nearly all are as they were hashed, and nothing else is looked at of those."""
        for element in elements:
            position, kind, sequence, record, hash_, told, private = element
            content = f"\0{kind}\0{told}"
            if (
                private
                or position != self._size
                or kind != _MESSAGE
                or not isinstance(told, str)
                or not told.startswith(f"{record}\0{sequence}\0")
                or _ACKNOWLEDGES in told
                or (self._actions_key is not None and may_be_step(told))
                or sha256(content.encode()).hexdigest() != hash_
            ):
                self.take(Entry.of(element))
                continue
            self._numbers.follow(sequence)
            self._add(hash_)

    def take(self, entry: Entry) -> None:
        """The next element."""
        report = self.report
        if entry.position != self._size:
            report.add(FindingKind.CUT, entry.sequence, f"element {self._size} of the log is gone")
        if entry.row is None:
            report.add(FindingKind.DELETED, entry.sequence, f"message {entry.sequence} was deleted")
        elif not entry.is_as_hashed():
            report.add(FindingKind.EDITED, entry.sequence, f"message {entry.sequence} was edited")
        elif entry.kind == EntryKind.MESSAGE:
            self._judge_step(entry.sequence, entry.row)
        report.erased += entry.erased
        self._follow(entry)
        self._add(entry.hash)

    def _judge_step(self, sequence: int, row: Mapping[str, Any]) -> None:
        if self._actions_key is not None and problem_of_row(self._actions_key, row):
            text = f"message {sequence} says of an action what its worker did not sign"
            self.report.add(FindingKind.NOT_SIGNED, sequence, text)

    def stray(self, sequence: int, record: str) -> None:
        """A message that is in the record and not in the log."""
        text = f"message {sequence} was forged: record {record} is not in the log"
        self.report.add(FindingKind.FORGED, sequence, text)

    def finish(self, *, size: int, root: str) -> AuditReport:
        """The report, when all was taken of a log that says to have `size` elements under `root`."""
        self._grow()
        report, frontier = self.report, self._frontier
        report.first, report.last, report.root = self._numbers.first, self._numbers.last, frontier.root().hex()
        longest = max([size, *(checkpoint.size for checkpoint, _ in self._awaited)])
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

    def _place(self, anchors: Anchors, own: Sequence[Checkpoint]) -> Compared:
        """A second place, as far as it goes beside the log's `own` checkpoints. One may be on its way there."""
        newest = max(anchors.checkpoints, key=lambda one: one.size, default=None)
        place = Compared(place=anchors.place, checkpoints=len(anchors.checkpoints))
        if newest is not None:
            place.size, place.at = newest.size, newest.at
        place.stale = len(own) > 1 and own[-2].size > place.size
        if place.stale:
            text = f"{place.place} ends at element {place.size}: it lacks what was sealed since, up to {own[-1].size}"
            self.report.warnings.append(text)
        self.report.anchors.append(place)
        return place

    def _expect(self, checkpoints: Sequence[Checkpoint], place: Compared | None) -> None:
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
            self._awaited.append((checkpoint, place))
        self._signed = self._signed or signed

    def _add(self, hash_: str) -> None:
        """Put a hash into the tree: those between two checkpoints at once."""
        self._leaves.append(bytes.fromhex(hash_))
        self._size += 1
        if self._size >= self._next or len(self._leaves) >= _LEAVES:
            self._grow()

    def _grow(self) -> None:
        self._frontier.extend(self._leaves)
        self._leaves.clear()
        self.report.records = self._size
        while self._awaited and self._awaited[-1][0].size <= self._size:
            self._compare(*self._awaited.pop())
        self._next = self._awaited[-1][0].size if self._awaited else _ENDLESS

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

    def _compare(self, checkpoint: Checkpoint, place: Compared | None) -> None:
        if checkpoint.root == self._frontier.root().hex():
            self._compared = self._numbers.last
            if place is not None:
                place.agree += 1
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
        if not report.anchors:
            report.warnings.append("no second place was given: a log cut off together with its checkpoints looks whole")
