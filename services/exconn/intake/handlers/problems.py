"""Requests about problems: a finding that stays until somebody has looked is acknowledged."""

from exconn.contracts.refusals import Refusal
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers.whole_deployment import may_reach_all
from exconn.ledger.acknowledged_findings import AcknowledgedFindings
from exconn.signing.errors import Refused


def acknowledge(context: RequestContext) -> Accepted:
    """Put on record who has looked at one finding, and why it needs no more; the monitor then stops listing it."""
    target, because = context.request.target, context.request.reason.strip()
    if target.problem is None or target.finding is None:
        raise Refused(
            Refusal.BAD_TARGET, "no finding", remedy="name target.problem and target.finding: exconn problems list"
        )
    if not because:
        raise Refused(Refusal.BAD_TARGET, "no reason", remedy="say in `reason` what was found out")
    may_reach_all(context, "the record")
    kept = AcknowledgedFindings(context.intake.client)
    kept.keep(target.problem.value, target.finding, because=because, by=context.by)
    return Accepted(state="acknowledged")
