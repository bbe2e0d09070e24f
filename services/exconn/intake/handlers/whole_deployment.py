"""Requests about the whole deployment name a connector as every request does, and are for who may use all of them."""

from exconn.contracts.refusals import Refusal
from exconn.intake.context import RequestContext
from exconn.signing.errors import Refused


def may_reach_all(context: RequestContext, what: str) -> None:
    """Raise Refused where the requester may not use every connector."""
    for name, state in context.intake.store.states().items():
        if state.state != "removed" and not context.requester.may_reach(name):
            raise Refused(
                Refusal.NOT_ALLOWED,
                f"{what} is of all connectors, and {context.by!r} may not use {name!r}",
                remedy="have somebody do it who may use every connector",
            )
