"""An action that was cancelled after it had begun, while Exchange shows nothing of it: was nothing done?

Read from the partnership that was meant, Exchange is believed. From another one, nothing is known of the one before.
"""

from exconn.actions.context import ActionContext
from exconn.actions.find_meant import find_meant
from exconn.actions.look import Look
from exconn.contracts import EndReason, HoldReason, Phase
from exconn.doorbell import Decision, Hold, Settle
from exconn.ledger import Outcome


def given_up(case: ActionContext) -> Decision:
    """The end of the action, or one more look. Raises NoStatisticsError and the errors of the client."""
    found = find_meant(case)
    if isinstance(found, Hold) and found.reason is HoldReason.UNPROVEN:
        data = {**found.data, "reason": EndReason.NOT_PROVEN}
        return Settle(Outcome.CANCELLED, phase=Phase.CLOSED, data=data)
    if isinstance(found, (Look, Hold)):
        return Settle(Outcome.CANCELLED, phase=Phase.CLOSED)
    return found
