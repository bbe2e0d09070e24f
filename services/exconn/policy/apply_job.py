"""The apply job: exactly one plan, then read back. Setting the same values twice is harmless.

Each claim begins by reading, so a claim after an unclear answer, or after a lost worker, finds what the one before did:
the plan's values are absolute.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exconn.connector import ConnectorStore, PolicyValue, in_other_unit
from exconn.contracts import HoldReason, RefuseReason, WaitReason
from exconn.contracts.hold_text import hold_text
from exconn.contracts.refusals import Refusal
from exconn.contracts.work import PolicyApply
from exconn.doorbell import Decision, Defer, Hold, Running, Settle
from exconn.exchange import (
    Ambiguous,
    MailboxPolicy,
    ObjectNotFound,
    RefusedByExchange,
    Session,
    Transient,
    Unreachable,
    asked_at,
    holder,
)
from exconn.ledger import Job, Outcome
from exconn.ledger.job import EARLIER_SESSION_ID
from exconn.policy.applied import AppliedPlans
from exconn.policy.default_policy import PolicyReadError, default_policy, values_of
from exconn.policy.drift import Change
from exconn.policy.plan_store import Plan, Plans
from exconn.policy.values import encoded_all
from exconn.policy.verify import check_asked_for
from exconn.sessions import Sessions
from exconn.signing import NotAsSignedError
from exconn.signing.registry_in_force import CurrentRegistry
from exconn.signing.release import AskedFor, verified_releases
from exconn.stream import Number

#: How often values are set that do not show, before a person is asked: another domain controller may be behind.
MOST_SETS = 3
READ_AGAIN = timedelta(seconds=2)
#: How many times longer each wait after an unclear answer is than the one before.
LONGER = 8
#: A call on a server that does not answer any more has ended after this, as it hears nothing of its client.
SILENCE = timedelta(minutes=3)

Values = Mapping[str, PolicyValue | None]


@dataclass(frozen=True, kw_only=True)
class ApplyHandler:
    """Applies a plan."""

    sessions: Sessions
    plans: Plans
    store: ConnectorStore
    registry: CurrentRegistry
    applied: AppliedPlans
    silence: timedelta = SILENCE

    def __call__(self, running: Running) -> Decision:
        work, job = running.work, running.job
        if not isinstance(work, PolicyApply):
            return Hold(HoldReason.UNREADABLE_PAYLOAD, data={"kind": job.kind, "problems": 1})
        if running.has_expired and not job.cancel:
            return Settle(Outcome.EXPIRED)
        plan = self.plans.find(job.connector, work.plan)
        if plan is None or plan.digest != work.digest:
            return _refused(job, RefuseReason.PLAN_UNKNOWN)
        stopped = self._stopped(running, work, plan)
        if stopped is not None and not job.begun:
            return stopped
        with self.sessions.open(job.connector, "policy", need=running.need) as session:
            self._end_older_session(running, session)
            try:
                policy, values = _read(session, plan, _controller(job))
            except PolicyReadError as exc:
                return Hold(exc.reason, data=exc.data)
            if policy.guid == plan.policy and not _left(values, plan):
                return _applied(plan)
            return stopped or _apply(running, session, plan, policy, values, applied=self.applied)

    def _stopped(self, running: Running, work: PolicyApply, plan: Plan) -> Decision | None:
        """What speaks against writing, before anything is asked of Exchange; `begin` has the last word."""
        job = running.job
        if job.cancel:
            return Settle(Outcome.CANCELLED)
        state = self.store.get(job.connector)
        try:
            check_asked_for(job, work, self.registry.current(), running.ledger.time(), state.organization)
        except NotAsSignedError as exc:
            if exc.part == Refusal.UNKNOWN_KEY:
                return Hold(HoldReason.UNKNOWN_KEY)
            return _refused(job, RefuseReason.NOT_AS_SIGNED, part=exc.part)
        if "policy" not in state.armed:
            return _refused(job, RefuseReason.POLICY_NOT_ARMED)
        planned = self.store.definition(job.connector, plan.revision)
        if planned.policy != self.store.definition(job.connector).policy:
            return _refused(job, RefuseReason.DEFINITION_CHANGED)
        return self._unreleased(running, work.plan, plan) if plan.dangerous else None

    def _unreleased(self, running: Running, name: str, plan: Plan) -> Hold | None:
        """A second person signs a release of exactly this plan; what else stands with the job counts as none."""
        job = running.job
        asked = AskedFor(job=job.id, connector=job.connector, by=job.requester, at=job.created)
        found = verified_releases(job.releases, asked, self.registry.current(), running.ledger.time())
        if hold_text(HoldReason.SECOND_PERSON, plan.digest) in found.held_for:
            return None
        return Hold(
            HoldReason.SECOND_PERSON,
            subject=plan.digest,
            data={"parameters": list(plan.dangerous), "plan": name},
            release_part=found.part,
            releases=found.kept,
        )

    def _end_older_session(self, running: Running, session: Session) -> None:
        """A lost call may still be running in it, and would come after what is written next.

        Raises Unreachable while its server is silent, but not for ever: then the call has ended with its server.
        """
        job, before = running.job, running.job.pre_image
        older, server = before.get("session_id", before.get(EARLIER_SESSION_ID)), str(before.get("server", ""))
        if not isinstance(older, str) or not older or older == session.session_id:
            return
        try:
            self.sessions.end_session(job.connector, "policy", older, server=server)
        except Unreachable:
            now, noted = running.ledger.time(), job.notes.get("silent_since")
            if not isinstance(noted, str):
                running.note({**job.notes, "silent_since": now.isoformat()})
                raise
            if session.server == server or now - datetime.fromisoformat(noted) < self.silence:
                raise


def _apply(
    running: Running, session: Session, plan: Plan, policy: MailboxPolicy, values: Values, *, applied: AppliedPlans
) -> Decision:
    job, left, others = running.job, _left(values, plan), _others(values, plan)
    if policy.guid != plan.policy or (others and not job.begun):
        return _refused(job, RefuseReason.EXCHANGE_CHANGED)
    sets = _sets(job)
    if others or sets >= MOST_SETS:
        running.note({"sets": 0})
        return _other_unit(values, plan, at_last=True) or Hold(
            HoldReason.READ_BACK_DIFFERS, data={"parameters": others or sorted(left)}
        )
    where = {"server": session.server, "domain_controller": _holder(policy)}
    where |= {"session_id": session.session_id, EARLIER_SESSION_ID: session.session_id}
    also = [change.parameter for change in plan.side_effects]
    before = {"values": encoded_all({name: values[name] for name in (*left, *also)}), **where}
    running.begin(before)
    running.note({"sets": sets + 1})
    applied.begin(
        job.connector, job.id, at=running.ledger.time(), policy=plan.policy, changes=_about_to_set(plan, values)
    )
    running.surely_held()
    try:
        refused = _set(running, session, policy, left)
        after = _read(session, plan, _holder(policy))[1]
        if not _left(after, plan):
            return _applied(plan)
        if (held := _other_unit(after, plan)) is not None:
            running.note({"sets": 0})
            return held
    except Ambiguous:
        return Defer(READ_AGAIN * LONGER**sets, WaitReason.ANSWER_UNCLEAR, number=Number.ANSWER_UNCLEAR)
    except PolicyReadError as exc:
        return Hold(exc.reason, data=exc.data)
    return refused or Defer(READ_AGAIN, WaitReason.VALUES_NOT_SHOWN_YET)


def _set(running: Running, session: Session, policy: MailboxPolicy, left: dict[str, PolicyValue]) -> Hold | None:
    """The refusal of Exchange, which counts only where the values do not show: it may have set them before."""
    try:
        asked_at(
            _holder(policy),
            lambda asked: session.set_mailbox_policy(policy.guid, left, domain_controller=asked),
            again=running.surely_held,
        )
    except RefusedByExchange as exc:
        return Hold(HoldReason.REFUSED_BY_EXCHANGE, data={"said": exc.exception_type or exc.error_id})
    return None


def _sets(job: Job) -> int:
    """How often in a row the values were set and did not show."""
    noted = job.notes.get("sets")
    return noted if isinstance(noted, int) else 0


def _holder(policy: MailboxPolicy) -> str:
    """The domain controller that showed the policy, where it holds it; else empty."""
    return holder(policy.distinguished_name, policy.originating_server)


def _controller(job: Job) -> str:
    """The domain controller that an earlier try wrote on: others may not know of it yet."""
    return str(job.pre_image.get("domain_controller") or "")


def _read(session: Session, plan: Plan, controller: str) -> tuple[MailboxPolicy, Values]:
    """The default policy as `controller` shows it, or any one when that does not answer any more."""
    try:
        policies = session.mailbox_policies(domain_controller=controller or None)
    except (RefusedByExchange, ObjectNotFound, Transient):
        if not controller:
            raise
        policies = session.mailbox_policies()
    policy = default_policy(policies)
    return policy, values_of(policy, plan.groups)


def _left(values: Values, plan: Plan) -> dict[str, PolicyValue]:
    """What of the plan Exchange does not have yet."""
    return {change.parameter: change.wanted for change in plan.changes if values.get(change.parameter) != change.wanted}


def _about_to_set(plan: Plan, values: Values) -> list[Change]:
    """The changes of the plan that Exchange does not have yet, and what it changes by itself beside them."""
    left = _left(values, plan)
    beside = [each for each in plan.side_effects if each.follows in left and values.get(each.parameter) != each.wanted]
    return [
        replace(change, found=values.get(change.parameter))
        for change in (*plan.changes, *beside)
        if change.follows or change.parameter in left
    ]


def _others(values: Values, plan: Plan) -> list[str]:
    """The parameters whose value is neither what the plan found nor what it wants."""
    return sorted(
        change.parameter for change in plan.changes if values.get(change.parameter) not in (change.found, change.wanted)
    )


def _other_unit(values: Values, plan: Plan, *, at_last: bool = False) -> Hold | None:
    """Where Exchange shows a size in another unit than it was given.

    What it had before may be shown for a while yet: that says nothing before it was set `at_last`.
    """
    shown = {change: values.get(change.parameter) for change in plan.changes}
    told = [
        f"{change.parameter} ({value} for {change.wanted})"
        for change, value in shown.items()
        if in_other_unit(change.parameter, value, change.wanted) and (at_last or value != change.found)
    ]
    return Hold(HoldReason.OTHER_UNIT, data={"parameters": told}) if told else None


def _applied(plan: Plan) -> Decision:
    data = {"drift_before": len(plan.changes), "drift_after": 0, **plan.told()}
    return Settle(Outcome.SUCCEEDED, number=Number.POLICY_APPLIED, data=data)


def _refused(job: Job, reason: RefuseReason, **data: str) -> Decision:
    """The plan is not applied. What has begun may have been written, so a person has to look."""
    if job.begun:
        return Hold(HoldReason.UNPROVEN, data={"cause": reason, **data})
    return Settle(Outcome.REFUSED, data={"reason": reason, **data})
