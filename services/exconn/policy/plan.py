"""The plan job: compare, keep the plan, say what differs. Nothing is written to Exchange."""

from dataclasses import dataclass

from exconn.doorbell import Decision, Hold, Running, Settle
from exconn.exchange import MailboxPolicy
from exconn.ledger import Outcome
from exconn.policy.drift import drift, wanted_values
from exconn.policy.plans import Plan, Plans
from exconn.policy.reading import NoDefaultPolicyError, default_policy, group_values
from exconn.sessions import Sessions
from exconn.stream import Number

GROUP = "password"


@dataclass(frozen=True, kw_only=True)
class PlanHandler:
    """Makes a plan; running it twice makes the same plan from what Exchange has then."""

    sessions: Sessions
    plans: Plans

    def __call__(self, running: Running) -> Decision:
        job = running.job
        definition = self.sessions.definition(job.connector, job.revision)
        if definition.policy.password is None:
            return Settle(Outcome.SUCCEEDED, number=Number.POLICY_IN_STEP, data={"drift": 0, "changes": []})
        with self.sessions.open(job.connector, "policy") as session:
            try:
                policy = default_policy(session)
            except NoDefaultPolicyError as exc:
                return Hold(str(exc))
        plan = self._compare(running, policy)
        self.plans.save(job.connector, job.id, plan)
        data = {"plan": job.id, "digest": plan.digest, "drift": len(plan.changes), "changes": plan.shown()}
        return Settle(Outcome.SUCCEEDED, number=Number.POLICY_PLANNED, data=data)

    def _compare(self, running: Running, policy: MailboxPolicy) -> Plan:
        job = running.job
        found = group_values(policy, GROUP)
        kept = self.plans.take(job.connector, GROUP, found)
        wanted = wanted_values(self.sessions.definition(job.connector, job.revision), kept)
        return Plan(policy=policy.guid, revision=job.revision, changes=drift(found, wanted))
