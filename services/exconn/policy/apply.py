"""The apply job: exactly one plan, then read back. Setting the same values twice is harmless.

An unclear answer needs no caution here beyond reading: the plan's values are absolute, so a second Set-... changes
nothing that the first did not.
"""

from dataclasses import dataclass
from datetime import timedelta

from exconn.connector import ConnectorStore, PolicyValue
from exconn.contracts.work import PolicyApply
from exconn.doorbell import Decision, Defer, Hold, Running, Settle
from exconn.exchange import Ambiguous, MailboxPolicy, RefusedByExchange, Session
from exconn.ledger import Outcome
from exconn.policy.plans import Plan, Plans
from exconn.policy.reading import NoDefaultPolicyError, default_policy
from exconn.policy.values import encoded_all
from exconn.sessions import Sessions
from exconn.stream import Number

#: What a held apply says when a second person must look at it; the release names it again.
SECOND_PERSON = "a second person must release a dangerous change"


@dataclass(frozen=True, kw_only=True)
class ApplyHandler:
    """Applies a plan."""

    sessions: Sessions
    plans: Plans
    store: ConnectorStore

    def __call__(self, running: Running) -> Decision:
        work = running.work
        if not isinstance(work, PolicyApply):
            return Hold("payload is not a policy apply")
        job = running.job
        plan = self.plans.find(job.connector, work.plan)
        if plan is None or plan.digest != work.digest:
            return _refused("the plan is unknown, too old, or not the one that was approved: plan again")
        if "policy" not in self.store.get(job.connector).armed:
            return _refused("policy is not armed")
        if plan.dangerous and job.released_reason != SECOND_PERSON:
            return Hold(SECOND_PERSON, data={"parameters": list(plan.dangerous), "plan": work.plan})
        with self.sessions.open(job.connector, "policy") as session:
            return _apply(running, session, plan)


def _apply(running: Running, session: Session, plan: Plan) -> Decision:
    try:
        policy = default_policy(session)
    except NoDefaultPolicyError as exc:
        return Hold(str(exc))
    left = _left(policy, plan)
    if not left:
        return _applied(plan)
    if policy.guid != plan.policy or _moved(policy, plan):
        return _refused("Exchange has changed since the plan: plan again")
    running.begin({"values": encoded_all({name: policy.values.get(name) for name in left})})
    running.surely_held()
    try:
        session.set_mailbox_policy(policy.guid, left)
    except Ambiguous:
        return Defer(timedelta(seconds=2), phase="issuing", number=Number.ANSWER_UNCLEAR)
    except RefusedByExchange as exc:
        return Hold(f"refused by Exchange: {exc.exception_type or exc.error_id}")
    return _read_back(session, plan)


def _read_back(session: Session, plan: Plan) -> Decision:
    left = _left(default_policy(session), plan)
    if left:
        return Hold("read back differs", data={"parameters": sorted(left)})
    return _applied(plan)


def _left(policy: MailboxPolicy, plan: Plan) -> dict[str, PolicyValue]:
    """What of the plan Exchange does not have yet."""
    return {
        change.parameter: change.wanted
        for change in plan.changes
        if policy.values.get(change.parameter) != change.wanted
    }


def _moved(policy: MailboxPolicy, plan: Plan) -> bool:
    """Whether a value is neither what the plan found nor what it wants."""
    return any(policy.values.get(change.parameter) not in (change.found, change.wanted) for change in plan.changes)


def _applied(plan: Plan) -> Decision:
    data = {"drift_before": len(plan.changes), "drift_after": 0, "changes": plan.shown()}
    return Settle(Outcome.SUCCEEDED, number=Number.POLICY_APPLIED, data=data)


def _refused(reason: str) -> Decision:
    return Settle(Outcome.REFUSED, data={"reason": reason})
