"""Requests for work on a whole connector: discoveries and policy runs."""

from exconn.connector import ConnectorState
from exconn.contracts import Kind
from exconn.contracts.next_commands import watch_command
from exconn.contracts.work import PolicyApply, PolicyPlan, Sweep
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers.insert_job import insert_job
from exconn.keyspace import keys
from exconn.signing.errors import Refused


def start_sweep(case: RequestContext) -> Accepted:
    """Discover the whole organization now, unless a discovery is under way."""
    state = case.installed()
    running = sorted(job for job in case.desk.ledger.unsettled(state.name) if job.startswith(f"{Kind.SWEEP}-"))
    if running:
        raise Refused(
            "open_sweep",
            f"a discovery is under way: {running[0]}",
            remedy=watch_command(running[0]).line,
            job=running[0],
        )
    number = int(case.desk.client.incr(keys.sweep_number(state.name)))
    return insert_job(case, Kind.SWEEP, Sweep(number=number))


def plan_policy(case: RequestContext) -> Accepted:
    """Compare the wanted policy with Exchange; writes nothing, so it needs no arming."""
    _with_policy(case)
    return insert_job(case, Kind.POLICY_PLAN, PolicyPlan())


def apply_policy(case: RequestContext) -> Accepted:
    """Apply exactly one plan, by its id and digest."""
    state = _with_policy(case)
    if "policy" not in state.armed:
        raise Refused(
            "not_armed",
            f"connector {state.name!r} only observes: policy is not armed",
            remedy=f"exconn connector arm {state.name} policy",
        )
    plan, digest = case.request.target.plan, case.request.target.digest
    if plan is None or digest is None:
        raise Refused("bad_target", "no plan", remedy="name the plan and its digest, as exconn policy plan prints them")
    job = case.desk.ledger.job(plan)
    if job is None or job.connector != state.name or job.kind != Kind.POLICY_PLAN:
        raise Refused("unknown_job", f"no plan {plan} of {state.name!r}", remedy="make one with exconn policy plan")
    return insert_job(case, Kind.POLICY_APPLY, PolicyApply(plan=plan, digest=digest))


def _with_policy(case: RequestContext) -> ConnectorState:
    state = case.installed()
    definition = case.definition(state)
    if definition.policy.password is None:
        raise Refused(
            "no_policy",
            f"the definition of {state.name!r} guards no settings group",
            remedy="add [policy.password] and apply the definition again",
        )
    if definition.accounts.policy is None:
        raise Refused(
            "no_account",
            f"the definition of {state.name!r} names no account for policy",
            remedy="add [accounts.policy] and apply the definition again",
        )
    return state
