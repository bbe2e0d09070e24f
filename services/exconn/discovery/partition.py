"""A part of a sweep: the statistics of some owners' devices, one call per mailbox, matched by GUID.

Safe to run twice: facts that did not change go out once. What was folded is noted on the job, so that a successor
of a lost worker goes on behind it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import cast

from exconn.contracts import EndReason, ReadingGaps, StatisticsFact
from exconn.contracts.work import OwnerDevices, Partition
from exconn.discovery.reading_gaps import is_gone, kind_of_error, of_mailbox, of_unread
from exconn.doorbell import Decision, Running, Settle
from exconn.exchange import Gaps, ObjectNotFound, RefusedByExchange, Session, Transient
from exconn.failpoints import failpoint
from exconn.inventory import MOST_ELEMENTS, PagePlace, Register, statistics_fact
from exconn.ledger import Outcome, State
from exconn.sessions import Sessions

#: Devices whose statistics are folded at a time: what a lost worker's successor has to read again at most.
FOLD_AT = 20


@dataclass
class Progress:
    """How far a part is: `owners` asked, `devices` read; `gone` devices vanished, `unread` mailboxes did not answer
    or did not say all.
    """

    owners: int = 0
    devices: int = 0
    gone: int = 0
    unread: int = 0


@dataclass
class _Page:
    """What was read since the last fold: from the owner with the number `start` on."""

    start: int
    facts: list[StatisticsFact] = field(default_factory=list)
    gaps: ReadingGaps = field(default_factory=ReadingGaps)

    @property
    def is_full(self) -> bool:
        return len(self.facts) + self.gaps.unread_mailboxes >= FOLD_AT


@dataclass(frozen=True, kw_only=True)
class PartitionHandler:
    """Reads and folds the statistics of one part."""

    sessions: Sessions
    register: Register

    def __call__(self, running: Running) -> Decision:
        if not _counts(running):
            return Settle(Outcome.CANCELLED, data={"reason": EndReason.NO_LONGER_COUNTED})
        work = cast("Partition", running.work)  # the kind of the job says so
        progress = Progress(**{name: int(str(count)) for name, count in running.job.notes.items()})
        left = work.owners[progress.owners :]
        if left:
            with self.sessions.open(running.job.connector, "discovery", need=running.need) as session:
                for page in _pages(running, session, left, progress):
                    self._fold(running, work, page, progress)
        return Settle(Outcome.SUCCEEDED, data={"number": work.number, **asdict(progress)})

    def _fold(self, running: Running, work: Partition, page: _Page, progress: Progress) -> None:
        place = PagePlace(connector=running.job.connector, sweep=work.sweep)
        # A mailbox with many devices makes a page longer than one call folds.
        for start in range(0, len(page.facts), MOST_ELEMENTS):
            self.register.fold_statistics(running.lease, place, page.facts[start : start + MOST_ELEMENTS])
        if not page.gaps.is_empty:
            # Named by where the page began: a successor that reads it again notes the same place again.
            self.register.fold_gaps(running.lease, place, page.gaps, at=f"{work.number}:{page.start}")
        running.note(asdict(progress))
        failpoint("partition.page_folded", key=running.job.id)


def _counts(running: Running) -> bool:
    """Whether the sweep still waits for this part; asked before a session is opened for nothing."""
    parent = running.ledger.job(running.job.parent or "")
    if parent is None or parent.state is State.SETTLED or parent.cancel:
        return False
    return parent.own_generation == running.job.generation


def _pages(running: Running, session: Session, owners: tuple[OwnerDevices, ...], progress: Progress) -> Iterator[_Page]:
    page = _Page(progress.owners)
    for owner in owners:
        _read(running, session, owner, progress, page)
        failpoint("partition.owner_read", key=running.job.id)
        if page.is_full:
            yield page
            page = _Page(progress.owners)
    if progress.owners > page.start:
        yield page


def _read(running: Running, session: Session, owner: OwnerDevices, progress: Progress, page: _Page) -> None:
    """Add what an owner's mailbox says. One that vanished or does not answer is no failure of the part."""
    progress.owners += 1
    gaps = Gaps()
    try:
        answered = {found.guid: found for found in session.statistics_of_mailbox(owner.mailbox, gaps)}
    except (ObjectNotFound, RefusedByExchange, Transient) as exc:
        if is_gone(exc):
            progress.gone += len(owner.devices)
            return
        kind = kind_of_error(exc)
        running.log.warning("mailbox not read", mailbox=owner.mailbox, error=kind)
        progress.unread += 1
        page.gaps += of_unread(owner.mailbox, kind)
        return
    facts = [statistics_fact(answered[guid]) for guid in owner.devices if guid in answered]
    page.facts += facts
    progress.devices += len(facts)
    if gaps.total:
        # What is missing from an incomplete answer has not vanished.
        running.log.warning("mailbox not read completely", mailbox=owner.mailbox, errors=gaps.by_kind)
        progress.unread += 1
        page.gaps += of_mailbox(owner.mailbox, gaps)
    else:
        progress.gone += len(owner.devices) - len(facts)
