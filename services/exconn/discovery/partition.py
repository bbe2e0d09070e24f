"""A part of a sweep: the statistics of some owners' devices, one call per mailbox, matched by GUID.

Safe to run twice: facts that did not change go out once. What was folded is noted on the job, so that a successor
of a lost worker goes on behind it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import cast

from exconn.contracts import EndReason, StatisticsFact
from exconn.contracts.work import OwnerDevices, Partition
from exconn.doorbell import Decision, Running, Settle
from exconn.exchange import ObjectNotFound, RefusedByExchange, Session, Transient
from exconn.failpoints import failpoint
from exconn.inventory import MOST_ELEMENTS, PagePlace, Register, statistics_fact
from exconn.ledger import Outcome, State
from exconn.sessions import Sessions

#: Devices whose statistics are folded at a time: what a lost worker's successor has to read again at most.
FOLD_AT = 20


@dataclass
class Progress:
    """How far a part is: `owners` asked, `devices` read; `gone` devices vanished, `unread` mailboxes did not answer."""

    owners: int = 0
    devices: int = 0
    gone: int = 0
    unread: int = 0


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
                self._read(running, work, _statistics(running, session, left, progress), progress)
        return Settle(Outcome.SUCCEEDED, data={"number": work.number, **asdict(progress)})

    def _read(
        self, running: Running, work: Partition, found: Iterator[list[StatisticsFact]], progress: Progress
    ) -> None:
        page: list[StatisticsFact] = []
        for facts in found:
            failpoint("partition.owner_read", key=running.job.id)
            page += facts
            if len(page) >= FOLD_AT:
                self._fold(running, work, page, progress)
                failpoint("partition.page_folded", key=running.job.id)
                page = []
        if page:
            self._fold(running, work, page, progress)

    def _fold(self, running: Running, work: Partition, page: list[StatisticsFact], progress: Progress) -> None:
        place = PagePlace(connector=running.job.connector, sweep=work.sweep)
        # A mailbox with many devices makes a page longer than one call folds.
        for start in range(0, len(page), MOST_ELEMENTS):
            self.register.fold_statistics(running.lease, place, page[start : start + MOST_ELEMENTS])
        running.note(asdict(progress))


def _counts(running: Running) -> bool:
    """Whether the sweep still waits for this part; asked before a session is opened for nothing."""
    parent = running.ledger.job(running.job.parent or "")
    if parent is None or parent.state is State.SETTLED or parent.cancel:
        return False
    return parent.own_generation == running.job.generation


def _statistics(
    running: Running, session: Session, owners: tuple[OwnerDevices, ...], progress: Progress
) -> Iterator[list[StatisticsFact]]:
    """The facts of each owner in turn. A mailbox that vanished or does not answer is no failure of the part."""
    for owner in owners:
        progress.owners += 1
        try:
            answered = {found.guid: found for found in session.statistics_of_mailbox(owner.mailbox)}
        except ObjectNotFound:
            progress.gone += len(owner.devices)
            continue
        except (RefusedByExchange, Transient) as exc:
            running.log.warning("mailbox not read", mailbox=owner.mailbox, error=exc.error_id or exc.exception_type)
            progress.unread += 1
            continue
        facts = [statistics_fact(answered[guid]) for guid in owner.devices if guid in answered]
        progress.devices += len(facts)
        progress.gone += len(owner.devices) - len(facts)
        yield facts
