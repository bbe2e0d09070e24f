"""Requests for work on a whole connector: discoveries and policy runs."""

from exconn.connector import ConnectorState
from exconn.contracts import Kind
from exconn.contracts.next_commands import watch_command
from exconn.contracts.refusals import Refusal
from exconn.contracts.work import FULL_SWEEPS, PolicyApply, PolicyPlan, Sweep
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers.insert_job import insert_job
from exconn.keyspace import keys
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
    _with_policy(context)
    return insert_job(context, Kind.POLICY_PLAN, PolicyPlan())


def apply_policy(context: RequestContext) -> Accepted:
    """Apply exactly one plan, by its id and digest."""
    state = _with_policy(context)
    if "policy" not in state.armed:
        raise Refused(
            Refusal.NOT_ARMED,
            f"connector {state.name!r} only observes: policy is not armed",
            remedy=f"exconn connector arm {state.name} policy",
        )
    plan, digest = context.request.target.plan, context.request.target.digest
    if plan is None or digest is None:
        raise Refused(
            Refusal.BAD_TARGET, "no plan", remedy="name the plan and its digest, as exconn policy plan prints them"
        )
    job = context.intake.ledger.job(plan)
    if job is None or job.connector != state.name or job.kind != Kind.POLICY_PLAN:
        raise Refused(
            Refusal.UNKNOWN_JOB, f"no plan {plan} of {state.name!r}", remedy="make one with exconn policy plan"
        )
    return insert_job(context, Kind.POLICY_APPLY, PolicyApply(plan=plan, digest=digest, envelope=context.envelope))


def _with_policy(context: RequestContext) -> ConnectorState:
    state = context.installed()
    definition = context.definition(state)
    if not definition.policy.groups():
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
