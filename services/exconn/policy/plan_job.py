"""The plan job: compare, keep the plan, say what differs. Nothing is written to Exchange."""

from dataclasses import dataclass

from exconn.connector import GROUPS, ConnectorStore, PolicyValue, UnknownConnectorError
from exconn.doorbell import Decision, Hold, Running, Settle
from exconn.exchange import MailboxPolicy
from exconn.ledger import Job, Outcome
from exconn.policy.default_policy import PolicyReadError, default_policy, group_values
from exconn.policy.drift import drift, side_effects, wanted_values, writable
from exconn.policy.plan_store import Plan, Plans
from exconn.sessions import Sessions
from exconn.stream import Number


@dataclass(frozen=True, kw_only=True)
class PlanHandler:
    """Makes a plan; running it twice makes the same plan from what Exchange has then."""

    sessions: Sessions
    plans: Plans
    store: ConnectorStore

    def __call__(self, running: Running) -> Decision:
        job = running.job
        definition = self.sessions.definition(job.connector, job.revision)
        if not definition.policy.groups():
            return Settle(Outcome.SUCCEEDED, number=Number.POLICY_IN_STEP, data={"drift": 0, "changes": []})
        try:
            with self.sessions.open(job.connector, "policy", need=running.need) as session:
                policy = default_policy(session.mailbox_policies())
                taken = session.writable_settings()
            plan = self._compare(job, policy, taken)
        except PolicyReadError as exc:
            return Hold(exc.reason, data=exc.data)
        self.plans.save(job.connector, job.id, plan)
        told = {"plan": job.id, "policy_name": policy.name, "digest": plan.digest}
        data = {**told, "drift": len(plan.changes), **plan.told()}
        return Settle(Outcome.SUCCEEDED, number=Number.POLICY_PLANNED, data=data)

    def _compare(self, job: Job, policy: MailboxPolicy, taken: frozenset[str]) -> Plan:
        definition = self.sessions.definition(job.connector, job.revision)
        found: dict[str, PolicyValue | None] = {}
        kept: dict[str, PolicyValue | None] = {}
        for group in definition.policy.groups():
            values = group_values(policy, group)
            found |= values
            if GROUPS[group].guards_all:
                taking = f"{group}:{policy.guid}:{self._taken(job, group)}"
                kept |= self.plans.take(job.connector, taking, values)
        differing = drift(found, wanted_values(definition, kept))
        changes, lacking = writable(differing, policy.values, taken)
        also = tuple(side_effects(changes, policy.values))
        return Plan(policy=policy.guid, revision=job.revision, changes=changes, side_effects=also, lacking=lacking)

    def _taken(self, job: Job, group: str) -> int:
        """The revision since which the group has been guarded without a break.

        A group that was given up belonged to Exchange's administrators meanwhile: what it had before is theirs no more.
        """
        first, revision = self.store.get(job.connector).flagged, job.revision
        while revision > first and self._guards(job.connector, revision - 1, group):
            revision -= 1
        return revision

    def _guards(self, connector: str, revision: int, group: str) -> bool:
        try:
            return group in self.store.definition(connector, revision).policy.groups()
        except UnknownConnectorError:
            return False
