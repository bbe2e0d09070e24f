"""After an unclear answer, or a lost worker: did the cmdlet take effect?

The old shell is ended first, because a lost call may still be running in it. Then Exchange is read twice, some time
apart, on the domain controller that the cmdlet went to, and compared with the pre-image.
"""

from datetime import datetime
from threading import Event

from exconn.actions.absence import NotShownError
from exconn.actions.context import ActionContext
from exconn.actions.look import find_device, requestor_digest, wipe_fields
from exconn.actions.wipe.issue import issued
from exconn.actions.wipe.pre_image import PreImage
from exconn.doorbell import Decision
from exconn.exchange import Unreachable
from exconn.failpoints import failpoint


def read_back(case: ActionContext) -> Decision | None:
    """The wipe is in Exchange, or None: it shows no wipe that was asked for since the pre-image.

    Raises NoStatisticsError and the errors of the client.
    """
    return issued(case, data={"read_back": True}) if _took_effect(case) else None


def _took_effect(case: ActionContext) -> bool:
    job = case.running.job
    before = PreImage.of(job.pre_image)
    if before.shell_id and before.shell_id != case.session.shell_id:
        _end_lost_shell(case, before)
    failpoint("action.read_back", key=job.id)
    for pause in (case.pauses.settling, case.pauses.between_reads):
        Event().wait(pause.total_seconds())
        if _shows_issue(before, case):
            return True
    return False


def _end_lost_shell(case: ActionContext, before: PreImage) -> None:
    """End the shell in which the lost call may still be running, or know that it can run no longer.

    Raises Unreachable while its server is silent: a call there may come after what would be read now.
    """
    try:
        case.sessions.end_shell(case.running.job.connector, "actions", before.shell_id, server=before.server)
    except Unreachable:
        if case.session.server == before.server:
            raise
        now, noted = case.running.ledger.time(), case.notes.get("silent_since")
        if not isinstance(noted, str):
            case.notes.add(silent_since=now.isoformat())
            raise
        if now - datetime.fromisoformat(noted) < case.pauses.silence:
            raise
    case.notes.add(silent_since=None)


def _shows_issue(before: PreImage, case: ActionContext) -> bool:
    try:
        device = find_device(case.session, case.work.device, before.domain_controller)
    except NotShownError:
        return False  # the next step looks again, and ends the action if it stays away
    times = wipe_fields(case.session, device, device.originating_server).wipe
    return before.shows_issue(times, requestor_digest(times))
