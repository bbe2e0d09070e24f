"""The life of a full wipe, one claim at a time: issue, read back after an unclear answer, look until acknowledged.

An action stays one job: each claim finds its phase in the ledger and takes the next step. Only `issue` and `withdraw`
send a cmdlet, and only behind `begin`; running a step twice is safe, because each begins by reading Exchange.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exconn.actions import track
from exconn.actions.fence import Verdict, judge
from exconn.actions.look import Look, look_at
from exconn.actions.notes import note
from exconn.actions.pre_image import PreImage, is_pending
from exconn.actions.read_back import read_back
from exconn.actions.verify import NotAsSignedError, verified
from exconn.admission import RegistryFile
from exconn.connector import ConnectorStore
from exconn.contracts import Fingerprint
from exconn.contracts.work import Wipe
from exconn.doorbell import Decision, Defer, Hold, Running, Settle
from exconn.exchange import Ambiguous, CmdletMissing, ObjectNotFound, ParameterMissing, RefusedByExchange, Session
from exconn.failpoints import failpoint
from exconn.ledger import Outcome
from exconn.sessions import Sessions
from exconn.stream import Number

#: How often, and how far apart, a device may be reported missing before a person is asked. Another domain controller
#: may know it.
MISSING_LOOKS = 3
MISSING_PAUSE = timedelta(seconds=20)


@dataclass(frozen=True, kw_only=True)
class WipeHandler:
    """Does the next step of a wipe."""

    sessions: Sessions
    registry: RegistryFile
    store: ConnectorStore
    missing_pause: timedelta = MISSING_PAUSE

    def __call__(self, running: Running) -> Decision:
        work = running.work
        if not isinstance(work, Wipe):
            return Hold("payload is not a wipe")
        try:
            verified(running.job, work, self.registry.current())
        except NotAsSignedError as exc:
            return Settle(Outcome.REFUSED, phase="closed", data={"reason": exc.reason})
        if not running.job.begun and "actions" not in self.store.get(running.job.connector).armed:
            return Hold("actions are not armed")
        with self.sessions.open(running.job.connector, "actions") as session:
            return _step(self, running, work, session)


def _step(handler: WipeHandler, running: Running, work: Wipe, session: Session) -> Decision:
    lookups = handler.sessions.definition(running.job.connector, running.job.revision).lookups
    match running.job.phase:
        case "issuing":
            issued = read_back(running, work.device, session, handler.sessions)
            if issued:
                return issued_decision(running, lookups.first, read_back=True)
            return _issue(handler, running, work, session, lookups.first)
        case "issued" | "sent" | "cancelling":
            return track.track(running, work, session, lookups)
        case _:
            return _issue(handler, running, work, session, lookups.first)


def _issue(handler: WipeHandler, running: Running, work: Wipe, session: Session, first: timedelta) -> Decision:
    try:
        look = look_at(session, work.device)
    except ObjectNotFound:
        return _missing(running, handler.missing_pause)
    stopped = _fenced(running, work, look)
    if stopped is not None:
        return stopped
    if is_pending(look.wipe):
        note(running, before=pre_image_of(session, look).model_dump(mode="json"))
        return issued_decision(running, first, read_back=False, found=True)
    failpoint("action.before_begin", key=running.job.id)
    running.begin(pre_image_of(session, look).model_dump(mode="json"))
    failpoint("action.issuing", key=running.job.id)
    return _send(running, session, look, first)


def _send(running: Running, session: Session, look: Look, first: timedelta) -> Decision:
    running.surely_held()
    try:
        session.clear_device(look.identity, domain_controller=look.device.originating_server or None)
    except Ambiguous:
        return Defer(timedelta(seconds=1), phase="issuing", number=Number.ANSWER_UNCLEAR)
    except RefusedByExchange as exc:
        return Hold(f"refused by Exchange: {exc.exception_type or exc.error_id}")
    except (CmdletMissing, ParameterMissing):
        return Hold("the action account lacks the cmdlet: run exconn doctor")
    failpoint("action.answered", key=running.job.id)
    return issued_decision(running, first, read_back=False)


def _fenced(running: Running, work: Wipe, look: Look) -> Decision | None:
    meant = work.fingerprint or _noted(running)
    if meant is None:
        note(running, fingerprint=look.fingerprint.model_dump(mode="json"))
        return None
    ruling = judge(meant, look.fingerprint, released=running.job.released_reason == "fingerprint")
    match ruling.verdict:
        case Verdict.REFUSE:
            return Settle(Outcome.REFUSED, phase="closed", data={"reason": ruling.reason})
        case Verdict.HOLD:
            shown = {
                "differences": list(ruling.differences),
                "meant": meant.model_dump(mode="json"),
                "found": look.fingerprint.model_dump(mode="json"),
            }
            return Hold(ruling.reason, data=shown)
        case Verdict.GO:
            return None


def _missing(running: Running, pause: timedelta) -> Decision:
    seen = running.job.notes.get("missing", 0)
    count = (seen if isinstance(seen, int) else 0) + 1
    if count >= MISSING_LOOKS:
        return Settle(Outcome.GONE, phase="closed", data={"reason": "partnership gone"})
    note(running, missing=count)
    return Defer(pause, reason="device not found")


def _noted(running: Running) -> Fingerprint | None:
    noted = running.job.notes.get("fingerprint")
    return None if noted is None else Fingerprint.model_validate(noted)


def pre_image_of(session: Session, look: Look) -> PreImage:
    """What `begin` keeps: the wipe fields as they are, and where the cmdlet is about to go."""
    return PreImage(
        requested=look.wipe.requested,
        sent=look.wipe.sent,
        acknowledged=look.wipe.acknowledged,
        requestor=look.requestor,
        server=session.server,
        shell_id=session.shell_id,
        domain_controller=look.device.originating_server or "",
    )


def issued_decision(running: Running, first: timedelta, *, read_back: bool, found: bool = False) -> Decision:
    """The wipe is in Exchange: look again soon. `found` = somebody had asked for it already."""
    now: datetime = running.ledger.time()
    note(running, issued=now.isoformat())
    return Defer(first, phase="issued", number=Number.WIPE_ISSUED, data={"read_back": read_back, "found": found})
