"""What an action found out about its device goes into the register, so that the next request is compared with it."""

from datetime import datetime

from exconn.actions.context import ActionContext
from exconn.inventory import InventoryError


def remember_acknowledgement(case: ActionContext, at: datetime | None) -> None:
    """The device acknowledged a wipe then, by Exchange's time.

    An action does not wait for the register: where it does not take it, a wipe that is asked for before the next
    discovery is held once more than need be.
    """
    if at is None:
        return
    running = case.running
    try:
        case.register.note_acknowledgement(running.lease, running.job.connector, case.work.device, at)
    except InventoryError as exc:
        running.log.warning("acknowledgement not in the register", error=type(exc).__name__)
