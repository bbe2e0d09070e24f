"""What is new in the registry of requesters counts at once when somebody else, who was known before, releases it."""

from exconn.connector import ChangeGoneError, PendingChange
from exconn.contracts.refusals import Refusal
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers.whole_deployment import may_reach_all
from exconn.signing.errors import Refused


def release(context: RequestContext, change: PendingChange) -> Accepted:
    """Have count what was shown. Raises Refused, and ChangeGoneError when it is not what waits.

    A new key has been refused before; nobody releases what is about an own key or right.
    """
    may_reach_all(context, "the registry")
    trace, registry = context.intake.trace, context.registry
    waiting = trace.waiting(registry)
    if waiting is None or not waiting.was_shown_as(change, registry):
        raise ChangeGoneError(change.id)
    if context.by in waiting.requesters:
        raise Refused(
            Refusal.SECOND_PERSON,
            f"{change.id} is about your own keys or rights",
            remedy="have another requester release it, or wait",
            job=change.id,
        )
    if not trace.count_now(change, waiting, by=context.by):
        raise ChangeGoneError(change.id)
    return Accepted(state="counts", details={"change": change.id, "revision": registry.revision})
