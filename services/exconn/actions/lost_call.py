"""After an unclear answer, or a lost worker: did the cmdlet take effect?

The old session is ended first, because a lost call may still be running in it. Then Exchange is read twice, some time
apart, on the domain controller that the cmdlet went to.
"""

from collections.abc import Callable
from datetime import datetime
from threading import Event

from exconn.actions.context import ActionContext
from exconn.actions.destination import Destination
from exconn.exchange import Unreachable
from exconn.failpoints import failpoint


def took_effect(case: ActionContext, before: Destination, shows: Callable[[], bool]) -> bool:
    """Whether a read shows what the lost call was to do.

    Raises Unreachable while a call may still be running, and the errors of the client.
    """
    end_lost_call(case, before)
    failpoint("action.read_back", key=case.running.job.id)
    for pause in (case.pauses.settling, case.pauses.between_reads):
        Event().wait(pause.total_seconds())
        if shows():
            return True
    return False


def end_lost_call(case: ActionContext, before: Destination) -> None:
    """Have a call that was lost do nothing any more. Raises Unreachable while that is not sure."""
    if before.session_id and before.session_id != case.session.session_id:
        _end_lost_session(case, before)


def _end_lost_session(case: ActionContext, before: Destination) -> None:
    """End the session in which the lost call may still be running, or know that it can run no longer.

    Raises Unreachable while its server is silent: a call there may come after what would be read now.
    """
    try:
        case.sessions.end_session(case.running.job.connector, "actions", before.session_id, server=before.server)
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
