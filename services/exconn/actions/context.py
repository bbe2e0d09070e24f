"""One claim of a wipe: the job, what was asked for, the session, and what earlier claims have noted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exconn.actions.notes import Notes
from exconn.actions.wipe.pre_image import PreImage
from exconn.connector import Lookups
from exconn.contracts.work import Wipe
from exconn.doorbell import Running
from exconn.exchange import Session
from exconn.sessions import Sessions


@dataclass(frozen=True, kw_only=True)
class Pauses:
    """How long is waited where only time helps.

    `missing`: between looks at a device that Exchange does not show (another domain controller may know it).
    `settling`: a call that had reached Exchange ends in this time once its shell is gone; assumed, not measured on a
    real server. `between_reads`: between the two reads after it. `silence`: a call on a server that does not answer any
    more has ended after this, as it hears nothing of its client.
    """

    missing: timedelta = timedelta(seconds=20)
    settling: timedelta = timedelta(seconds=2)
    between_reads: timedelta = timedelta(seconds=1)
    silence: timedelta = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True)
class ActionContext:
    """What each step of a wipe works with."""

    running: Running
    work: Wipe
    session: Session
    sessions: Sessions
    lookups: Lookups
    notes: Notes
    pauses: Pauses

    @property
    def before(self) -> PreImage:
        """The wipe fields before ours, or, where another wipe was found pending, those that it was found with."""
        noted = self.notes.get("before")
        if not self.running.job.pre_image and isinstance(noted, dict):
            return PreImage.of(noted)
        return PreImage.of(self.running.job.pre_image)

    @property
    def is_ours(self) -> bool:
        """Whether this action has ever been about to send the wipe itself."""
        return self.running.job.begun > 0

    def since_issued(self) -> timedelta:
        """How long the wipe has been in Exchange, by the ledger's clock."""
        noted = self.notes.get("issued")
        issued = datetime.fromisoformat(noted) if isinstance(noted, str) else self.running.job.created
        return self.running.ledger.time() - issued
