"""A part of a sweep: the statistics of some owners' devices, one call per mailbox, matched by GUID.

Safe to run twice: facts that did not change go out once. A successor of a lost worker skips the owners whose
statistics were folded since the part was made.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from exconn.contracts import StatisticsFact
from exconn.contracts.work import OwnerDevices, Partition
from exconn.doorbell import Decision, Running, Settle
from exconn.exchange import ObjectNotFound, RefusedByExchange, Session
from exconn.failpoints import failpoint
from exconn.inventory import Place, Register, statistics_fact
from exconn.ledger import Outcome, State
from exconn.sessions import Sessions

#: Devices whose statistics are folded at a time: what a lost worker's successor has to read again at most.
FOLD_AT = 20


@dataclass
class Tally:
    """What a part came to; `gone` devices and mailboxes vanished since the list, `unread` mailboxes did not answer."""

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
            return Settle(Outcome.CANCELLED, data={"reason": "the list was begun anew or its sweep has ended"})
        work = Partition.model_validate(running.work.model_dump())
        place = Place(connector=running.job.connector, sweep=work.sweep)
        left = [owner for owner in work.owners if not self._is_done(running, owner)]
        tally = Tally(devices=sum(len(owner.devices) for owner in work.owners if owner not in left))
        if left:
            with self.sessions.open(running.job.connector, "discovery") as session:
                self._read(running, place, _statistics(running, session, left, tally))
        data = {"number": work.number, "devices": tally.devices, "gone": tally.gone, "unread": tally.unread}
        return Settle(Outcome.SUCCEEDED, data=data)

    def _read(self, running: Running, place: Place, found: Iterator[list[StatisticsFact]]) -> None:
        page: list[StatisticsFact] = []
        for facts in found:
            page += facts
            if len(page) >= FOLD_AT:
                self.register.fold_statistics(running.lease, place, page)
                page = []
            failpoint("partition.owner_read", key=running.job.id)
        if page:
            self.register.fold_statistics(running.lease, place, page)

    def _is_done(self, running: Running, owner: OwnerDevices) -> bool:
        if running.job.tries <= 1:
            return False
        entries = self.register.look_up(running.job.connector, owner.devices)
        times = [entry.statistics_at for entry in entries if entry is not None]
        return len(times) == len(entries) and all(at is not None and at > running.job.created for at in times)


def _counts(running: Running) -> bool:
    """Whether the sweep still waits for this part; asked before a session is opened for nothing."""
    parent = running.ledger.job(running.job.parent or "")
    if parent is None or parent.state is State.SETTLED or parent.cancel:
        return False
    return parent.own_generation == running.job.generation


def _statistics(
    running: Running, session: Session, owners: list[OwnerDevices], tally: Tally
) -> Iterator[list[StatisticsFact]]:
    """The facts of each owner in turn. A mailbox that vanished or does not answer is no failure of the part."""
    for owner in owners:
        try:
            answered = {found.guid: found for found in session.statistics_of_mailbox(owner.mailbox)}
        except ObjectNotFound:
            tally.gone += len(owner.devices)
            continue
        except RefusedByExchange as exc:
            running.log.warning("mailbox not read", mailbox=owner.mailbox, error=exc.error_id or exc.exception_type)
            tally.unread += 1
            continue
        facts = [statistics_fact(answered[guid]) for guid in owner.devices if guid in answered]
        tally.devices += len(facts)
        tally.gone += len(owner.devices) - len(facts)
        yield facts
