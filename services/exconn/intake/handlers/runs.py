"""Requests for work on a whole connector: discoveries and policy runs."""

from exconn.connector import GROUPS, ConnectorState
from exconn.contracts import Kind
from exconn.contracts.kinds import parse_work
from exconn.contracts.next_commands import watch_command
from exconn.contracts.policy_towards import Goal, Towards
from exconn.contracts.refusals import Refusal
from exconn.contracts.work import FULL_SWEEPS, PolicyApply, PolicyPlan, Sweep
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers.insert_job import insert_job
from exconn.keyspace import keys
from exconn.ledger import Job
from exconn.signing.errors import Refused


def start_sweep(context: RequestContext) -> Accepted:
    """Discover the whole organization now, unless a discovery is under way."""
    state = context.installed()
    running = context.intake.ledger.open_of(state.name, FULL_SWEEPS)
    if running:
        raise Refused(
            Refusal.OPEN_SWEEP,
            f"a discovery is under way: {running}",
            remedy=watch_command(running).line,
            job=running,
        )
    number = int(context.intake.client.incr(keys.sweep_number(state.name)))
    return insert_job(context, Kind.SWEEP, Sweep(number=number), series=FULL_SWEEPS)


def plan_policy(context: RequestContext) -> Accepted:
    """Compare the wanted policy with Exchange; writes nothing, so it needs no arming."""
    towards = context.request.target.towards or Towards()
    if towards.group is not None and towards.group not in GROUPS:
        raise Refused(
            Refusal.BAD_TARGET, f"no settings group {towards.group!r}", remedy=f"name one of {', '.join(GROUPS)}"
        )
    _with_policy(context, towards)
    return insert_job(context, Kind.POLICY_PLAN, PolicyPlan(towards=towards))


def apply_policy(context: RequestContext) -> Accepted:
    """Apply exactly one plan, by its id and digest."""
    plan, digest = context.request.target.plan, context.request.target.digest
    job = context.intake.ledger.job(plan) if plan is not None else None
    state = _with_policy(context, _towards_of(job))
    if "policy" not in state.armed:
        raise Refused(
            Refusal.NOT_ARMED,
            f"connector {state.name!r} only observes: policy is not armed",
            remedy=f"exconn connector arm {state.name} policy",
        )
    if plan is None or digest is None:
        raise Refused(
            Refusal.BAD_TARGET, "no plan", remedy="name the plan and its digest, as exconn policy plan prints them"
        )
    if job is None or job.connector != state.name or job.kind != Kind.POLICY_PLAN:
        raise Refused(
            Refusal.UNKNOWN_JOB, f"no plan {plan} of {state.name!r}", remedy="make one with exconn policy plan"
        )
    return insert_job(context, Kind.POLICY_APPLY, PolicyApply(plan=plan, digest=digest, envelope=context.envelope))


def _towards_of(plan: Job | None) -> Towards:
    """Towards what a plan goes; one that cannot be read is judged as one towards the definition."""
    if plan is None or plan.kind != Kind.POLICY_PLAN:
        return Towards()
    try:
        work = parse_work(plan.kind, plan.payload)
    except ValueError:
        return Towards()
    return work.towards if isinstance(work, PolicyPlan) else Towards()


def _with_policy(context: RequestContext, towards: Towards) -> ConnectorState:
    """The connector. Values of before are put back also where the definition guards nothing any more."""
    state = context.installed()
    definition = context.definition(state)
    if towards.goal is Goal.DEFINITION and not definition.policy.groups():
        raise Refused(
            Refusal.NO_POLICY,
            f"the definition of {state.name!r} guards no settings group",
            remedy="add one, such as [policy.password], and apply the definition again",
        )
    if definition.accounts.policy is None:
        raise Refused(
            Refusal.NO_ACCOUNT,
            f"the definition of {state.name!r} names no account for policy",
            remedy="add [accounts.policy] and apply the definition again",
        )
    return state
