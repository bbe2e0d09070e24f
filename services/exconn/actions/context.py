"""One claim of an action: the job, what was asked for, the session, and what earlier claims have noted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from exconn.actions.action_recorder import ActionRecorder
from exconn.actions.notes import Notes
from exconn.actions.numbers import ActionNumbers
from exconn.connector import Lookups
from exconn.contracts import HoldReason
from exconn.contracts.hold_text import hold_text
from exconn.contracts.work import ActionPayload
from exconn.doorbell import Running
from exconn.exchange import Session
from exconn.inventory import Register
from exconn.ledger import Limits
from exconn.sessions import Sessions
from exconn.signing import RegistryFile
from exconn.signing.release import Releases

#: Looks in a row that failed for now, before another domain controller is asked than the one where an action began:
#: some five minutes with their growing pauses, after which another one knows of it too (assumed).
MOST_TRANSIENT = 6


@dataclass(frozen=True, kw_only=True)
class Pauses:
    """How long is waited where only time helps.

    `missing`: between looks at a device that Exchange does not show (another domain controller may know it).
    `settling`: a call that had reached Exchange ends in this time once its session is gone; assumed, not measured on a
    real server. `between_reads`: between the two reads after it. `silence`: a call on a server that does not answer any
    more has ended after this, as it hears nothing of its client. `unshown`: by then a wipe that Exchange said it took
    has to be shown. `watched`: in this time no phone takes a wipe, acknowledges it and is enrolled again (assumed).
    """

    missing: timedelta = timedelta(seconds=20)
    settling: timedelta = timedelta(seconds=2)
    between_reads: timedelta = timedelta(seconds=1)
    silence: timedelta = timedelta(minutes=3)
    unshown: timedelta = timedelta(minutes=2)
    watched: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class ActionContext:
    """What each step of an action works with."""

    running: Running
    work: ActionPayload
    session: Session
    sessions: Sessions
    registry: RegistryFile
    lookups: Lookups
    notes: Notes
    register: Register
    pauses: Pauses
    numbers: ActionNumbers
    recorder: ActionRecorder
    #: Those that count, for other reasons than brakes.
    releases: Releases
    #: The brakes that are in force now, which may be tighter than those that the job came with.
    limits_now: Callable[[], Limits]

    @property
    def controller_is_lost(self) -> bool:
        """Whether what an action began with could not be read for so long that another domain controller is asked."""
        return self.notes.count("transient") >= MOST_TRANSIENT

    @property
    def names_no_controller(self) -> bool:
        """Whether a domain controller that a cmdlet named did not find the object: the next cmdlet names none."""
        return self.notes.get("unnamed") is True

    def was_released(self, reason: HoldReason, subject: str) -> bool:
        """Whether somebody released it who was shown that it is held for exactly that."""
        return hold_text(reason, subject) in self.releases.held_for

    @property
    def is_ours(self) -> bool:
        """Whether this action has ever been about to send its cmdlet itself."""
        return self.running.job.begun > 0

    def note_now(self, name: str) -> None:
        """Remember the present moment, by the ledger's clock. Raises LeaseLostError."""
        self.notes.add(**{name: self.running.ledger.time().isoformat()})

    def since(self, name: str) -> timedelta:
        """How long ago the moment of that name was noted; since the job was made where it never was."""
        noted = self.notes.get(name)
        moment = datetime.fromisoformat(noted) if isinstance(noted, str) else self.running.job.created
        return self.running.ledger.time() - moment
