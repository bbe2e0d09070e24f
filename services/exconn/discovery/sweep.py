"""A sweep: list the organization, hand its owners out in parts, close when the last part has settled.

Safe to run twice: a killed list begins anew as a new generation, whose parts replace the older ones; closing twice
changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from exconn.contracts import KINDS, FinaliseFact, Kind, Phase, ReadingGaps
from exconn.contracts.work import Partition, Sweep
from exconn.discovery.listing import Listing
from exconn.discovery.scope import Scope
from exconn.discovery.settings import DiscoverySettings
from exconn.doorbell import AwaitChildren, Decision, Running, Settle
from exconn.failpoints import failpoint
from exconn.inventory import PagePlace, Register
from exconn.ledger import NewJob, Outcome
from exconn.sessions import Sessions
from exconn.stream import Number

#: What was missing was noted by a version that does not note it, or the note is lost: nobody says that nothing was.
NOT_NOTED = ReadingGaps(kinds={"not_noted": 1})


@dataclass(frozen=True, kw_only=True)
class SweepHandler:
    """Lists, or closes what was listed."""

    sessions: Sessions
    register: Register
    settings: DiscoverySettings

    def __call__(self, running: Running) -> Decision:
        if running.job.sealed and running.job.pending <= 0 and running.job.notes:
            return self._close(running)
        return self._list(running)

    def _list(self, running: Running) -> Decision:
        job, work = running.job, _sweep(running)
        place = PagePlace(connector=job.connector, sweep=work.number, generation=running.restart_list())
        started_at = running.ledger.time()
        listing = Listing(
            register=self.register,
            lease=running.lease,
            place=place,
            scope=Scope(self.sessions.definition(job.connector, job.revision).discovery),
            page=self.settings.page,
        )
        with self.sessions.open(job.connector, "discovery", need=running.need) as session:
            listing.run(session)
        self.register.fold_gaps(running.lease, place, listing.gaps, first=True)
        parts = self._hand_out(running, listing)
        failpoint("sweep.handed_out", key=job.id)
        counted = {"devices": listing.by_owner.devices, "owners": sum(1 for _ in listing.by_owner.owners())}
        expected = self.register.fleet_size(job.connector)
        running.note({**counted, "expected": expected, "started_at": started_at.isoformat()})
        data = {"number": work.number, "sweep": job.id, "parts": parts, **counted}
        running.ledger.announce(Number.SWEEP_STARTED, connector=job.connector, by=running.lease.worker, data=data)
        return AwaitChildren(phase=Phase.LISTED)

    def _hand_out(self, running: Running, listing: Listing) -> int:
        count = 0
        for owners in listing.by_owner.parts(self.settings.partition, listing.owners.guid):
            count += 1
            work = Partition(sweep=listing.place.sweep, number=count, owners=owners)
            running.child(_part(running, work, listing.place.generation or 0))
        return count

    def _close(self, running: Running) -> Decision:
        job, notes = running.job, running.job.notes
        number = _sweep(running).number
        gaps = self.register.gaps(job.connector, number) or NOT_NOTED
        complete = gaps.is_empty and not job.unread
        closing = FinaliseFact(
            sweep=number,
            devices=int(str(notes["devices"])),
            owners=int(str(notes["owners"])),
            started_at=datetime.fromisoformat(str(notes["started_at"])),
            complete=complete,
            gaps=gaps,
        )
        place = PagePlace(connector=job.connector, sweep=number, generation=job.own_generation)
        self.register.finalise(running.lease, place, closing)
        counted = {name: notes[name] for name in ("devices", "owners", "expected")}
        missing = {"unread_parts": job.unread, **gaps.counts, "kinds": dict(gaps.kinds)}
        data = {"number": number, **counted, "complete": complete, **missing}
        return Settle(Outcome.SUCCEEDED, number=Number.SWEEP_FINISHED, data=data)


def _sweep(running: Running) -> Sweep:
    return cast("Sweep", running.work)  # the kind of the job says so


def _part(running: Running, work: Partition, generation: int) -> NewJob:
    row = KINDS[Kind.PARTITION]
    return NewJob(
        kind=Kind.PARTITION,
        connector=running.job.connector,
        payload=work.model_dump_json(),
        idempotency_key=f"{running.job.id}:{generation}:{work.number}",
        service=row.service,
        checks=row.checks,
        revision=running.job.revision,
        generation=generation,
        parked=True,
        by=running.lease.worker,
    )
