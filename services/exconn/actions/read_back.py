"""After an unclear answer, or a lost worker: did the cmdlet take effect?

The old shell is ended first, because a lost call may still be running in it. Then Exchange is read twice, some time
apart, on the domain controller that the cmdlet went to, and compared with the pre-image.
"""

from datetime import timedelta
from threading import Event

from exconn.actions.look import requestor_digest, wipe_fields
from exconn.actions.pre_image import PreImage
from exconn.doorbell import Running
from exconn.exchange import ObjectNotFound, Session
from exconn.failpoints import failpoint
from exconn.sessions import Sessions

#: A call that had reached Exchange ends in this time once its shell is gone; assumed, not measured on a real server.
SETTLING = timedelta(seconds=2)
BETWEEN_READS = timedelta(seconds=1)


def read_back(running: Running, guid: str, session: Session, sessions: Sessions) -> bool:
    """Whether Exchange shows the wipe as asked for since the pre-image. Raises the errors of the client."""
    before = PreImage.of(running.job.pre_image)
    if before.shell_id and before.shell_id != session.shell_id:
        sessions.end_shell(running.job.connector, "actions", before.shell_id)
    failpoint("action.read_back", key=running.job.id)
    for pause in (SETTLING, BETWEEN_READS):
        Event().wait(pause.total_seconds())
        if _shows_issue(before, guid, session):
            return True
    return False


def _shows_issue(before: PreImage, guid: str, session: Session) -> bool:
    try:
        device = session.device(guid, domain_controller=before.domain_controller or None)
    except ObjectNotFound:
        return False  # the next step looks again, and asks a person if it stays away
    times = wipe_fields(session, device, before.domain_controller or None).wipe
    return before.shows_issue(times, requestor_digest(times))
