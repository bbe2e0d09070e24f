"""The life of a full wipe, one claim at a time: issue, read back after an unclear answer, look until acknowledged.

An action stays one job: each claim finds its phase in the ledger and takes the next step. Only `issue` and `withdraw`
send a cmdlet, and only behind `begin`; running a step twice is safe, because each begins by reading Exchange.
"""

from dataclasses import dataclass, field

from exconn.actions.context import ActionContext, Pauses
from exconn.actions.look import NoStatisticsError
from exconn.actions.notes import Notes
from exconn.actions.verify import UNKNOWN_KEY, NotAsSignedError, verified
from exconn.actions.wipe.issue import issue, issued
from exconn.actions.wipe.read_back import read_back
from exconn.actions.wipe.track import track
from exconn.connector import ConnectorStore
from exconn.contracts.work import Wipe
from exconn.doorbell import Decision, Defer, Hold, Running, Settle
from exconn.ledger import Outcome
from exconn.sessions import Sessions
from exconn.signing import RegistryFile

#: The phases in which the wipe is in Exchange: looks go on, whatever became of the request's key or of the arming.
FOLLOWED = frozenset({"issued", "sent", "cancelling"})
ISSUING = "issuing"
#: Looks in a row without wipe fields before a person is asked.
MOST_WITHOUT_STATISTICS = 3

NO_KEY = "the registry does not know the requester's key any more: put it back and retry, or cancel"
NO_STATISTICS = "no statistics: Exchange shows the device but not its wipe fields; retry when its mailbox answers"


@dataclass(frozen=True, kw_only=True)
class WipeHandler:
    """Does the next step of a wipe."""

    sessions: Sessions
    registry: RegistryFile
    store: ConnectorStore
    pauses: Pauses = field(default_factory=Pauses)

    def __call__(self, running: Running) -> Decision:
        work = running.work
        if not isinstance(work, Wipe):
            return Hold("payload is not a wipe")
        if running.job.phase not in FOLLOWED | {ISSUING}:
            stopped = self._stopped(running, work)
            if stopped is not None:
                return stopped
        with self.sessions.open(running.job.connector, "actions") as session:
            case = ActionContext(
                running=running,
                work=work,
                session=session,
                sessions=self.sessions,
                lookups=self.sessions.definition(running.job.connector, running.job.revision).lookups,
                notes=Notes(running),
                pauses=self.pauses,
            )
            try:
                return self._step(case)
            except NoStatisticsError:
                return _without_statistics(case)

    def _step(self, case: ActionContext) -> Decision:
        phase = case.running.job.phase
        if phase in FOLLOWED:
            followed = track(case, self.registry)
            if followed is not None:
                return followed
        elif phase == ISSUING and read_back(case):
            return issued(case, data={"read_back": True})
        return self._stopped(case.running, case.work) or issue(case)

    def _stopped(self, running: Running, work: Wipe) -> Decision | None:
        """What speaks against issuing, before anything is asked of Exchange; `begin` has the last word."""
        if running.job.cancel:
            return Settle(Outcome.CANCELLED, phase="closed")
        try:
            verified(running.job, work, self.registry.current())
        except NotAsSignedError as exc:
            if exc.reason == UNKNOWN_KEY:
                return Hold(NO_KEY)
            return Settle(Outcome.REFUSED, phase="closed", data={"reason": exc.reason})
        if "actions" not in self.store.get(running.job.connector).armed:
            return Hold("actions are not armed")
        return None


def _without_statistics(case: ActionContext) -> Decision:
    count = case.notes.count("unread") + 1
    if count >= MOST_WITHOUT_STATISTICS:
        case.notes.add(unread=0)
        return Hold(NO_STATISTICS)
    case.notes.add(unread=count)
    return Defer(case.pauses.missing, reason="Exchange shows no statistics of the device")
