"""The plan job: compare, keep the plan, say what differs. Nothing is written to Exchange."""

from dataclasses import dataclass

from exconn.connector import GROUPS, ConnectorDefinition, PolicyValue, group_parameters, guarded_in
from exconn.contracts import HoldReason, RefuseReason
from exconn.contracts.policy_towards import Goal, Leaves, Towards
from exconn.contracts.work import PolicyPlan
from exconn.doorbell import Decision, Hold, Running, Settle
from exconn.exchange import MailboxPolicy
from exconn.ledger import Job, Outcome
from exconn.policy.applied import Applied, AppliedPlans
from exconn.policy.default_policy import PolicyReadError, default_policy, group_values, values_of
from exconn.policy.drift import Change, drift, side_effects, wanted_values, writable
from exconn.policy.plan_store import Plan, Plans
from exconn.policy.takings import Takings
from exconn.policy.way_back import Left, Values, way_back
from exconn.sessions import Sessions
from exconn.stream import Number


@dataclass(frozen=True, kw_only=True)
class PlanHandler:
    """Makes a plan; running it twice makes the same plan from what Exchange has then."""

    sessions: Sessions
    plans: Plans
    takings: Takings
    applied: AppliedPlans

    def __call__(self, running: Running) -> Decision:
        job, work = running.job, running.work
        if not isinstance(work, PolicyPlan):
            return Hold(HoldReason.UNREADABLE_PAYLOAD, data={"kind": job.kind, "problems": 1})
        towards = work.towards
        definition = self.sessions.definition(job.connector, job.revision)
        if towards.goal is Goal.DEFINITION and not definition.policy.groups():
            return Settle(Outcome.SUCCEEDED, number=Number.POLICY_IN_STEP, data={"drift": 0, "changes": []})
        undone = self.applied.find(job.connector, towards.job) if towards.goal is Goal.UNDO else None
        if towards.goal is Goal.UNDO and undone is None:
            return Settle(Outcome.REFUSED, data={"reason": RefuseReason.NO_APPLY_KEPT})
        try:
            with self.sessions.open(job.connector, "policy", need=running.need) as session:
                policy = default_policy(session.mailbox_policies())
                taken = session.writable_settings()
            if undone is not None:
                plan = _undo(job, policy, taken, undone, definition)
            elif towards.goal is Goal.BEFORE:
                plan = self._restore(job, policy, taken, towards, definition)
            else:
                plan = self._compare(job, policy, taken, definition)
        except PolicyReadError as exc:
            return Hold(exc.reason, data=exc.data)
        self.plans.save(job.connector, job.id, plan)
        told = {"plan": job.id, "policy_name": policy.name, "digest": plan.digest}
        data = {**told, "drift": len(plan.changes), **plan.told()}
        return Settle(Outcome.SUCCEEDED, number=Number.POLICY_PLANNED, data=data)

    def _compare(self, job: Job, policy: MailboxPolicy, taken: frozenset[str], definition: ConnectorDefinition) -> Plan:
        found: dict[str, PolicyValue | None] = {}
        kept: dict[str, PolicyValue | None] = {}
        for group in definition.policy.groups():
            values = group_values(policy, group)
            found |= values
            kept |= self.takings.take(job, policy, group, values)
        differing = drift(found, wanted_values(definition, kept))
        changes, lacking = writable(differing, policy.values, taken)
        also = tuple(side_effects(changes, policy.values))
        return Plan(policy=policy.guid, revision=job.revision, changes=changes, side_effects=also, lacking=lacking)

    def _restore(
        self,
        job: Job,
        policy: MailboxPolicy,
        taken: frozenset[str],
        towards: Towards,
        definition: ConnectorDefinition,
    ) -> Plan:
        wanted = GROUPS if towards.group is None else (towards.group,)
        last_set = self.applied.last_set(job.connector, policy.guid)
        before = self.takings.before(job, policy.guid, wanted, last_set)
        differing = way_back(_found(policy, before), before, last_set)
        return _plan_back(job, policy, taken, towards, definition, *differing)


def _found(policy: MailboxPolicy, before: Values) -> Values:
    """What the policy shows now of the groups that these parameters are of."""
    return values_of(policy, [group for group in GROUPS if before.keys() & set(group_parameters(group))])


def _undo(
    job: Job, policy: MailboxPolicy, taken: frozenset[str], undone: Applied, definition: ConnectorDefinition
) -> Plan:
    before = {change.parameter: change.found for change in undone.changes}
    last_set: dict[str, PolicyValue | None] = {change.parameter: change.wanted for change in undone.changes}
    found = _found(policy, before)
    changes, left = way_back(found, before, last_set)
    if undone.policy != policy.guid:
        changes = ()
        left = tuple(
            Left(parameter=name, found=found.get(name), before=value, why=Leaves.OTHER_POLICY)
            for name, value in sorted(before.items())
        )
    return _plan_back(job, policy, taken, Towards(goal=Goal.UNDO, job=undone.job), definition, changes, left)


def _plan_back(
    job: Job,
    policy: MailboxPolicy,
    taken: frozenset[str],
    towards: Towards,
    definition: ConnectorDefinition,
    changes: tuple[Change, ...],
    left: tuple[Left, ...],
) -> Plan:
    possible, lacking = writable(changes, policy.values, taken)
    put_back, guarded = {change.parameter for change in possible}, definition.policy.groups()
    return Plan(
        policy=policy.guid,
        revision=job.revision,
        changes=possible,
        side_effects=tuple(side_effects(possible, policy.values)),
        lacking=lacking,
        towards=towards,
        left=left,
        guarded=tuple(group for group in guarded if put_back & set(guarded_in(group, guarded[group]))),
    )
