"""Requests about connectors: define, arm, disarm, remove."""

from contextlib import suppress
from dataclasses import replace

from exconn.connector import (
    ConnectorDefinition,
    DefinitionError,
    OpenActionsError,
    UnknownConnectorError,
    parse_definition,
)
from exconn.contracts import KINDS, Kind
from exconn.contracts.refusals import Refusal
from exconn.contracts.roles import ACCOUNT_ROLES, Feature
from exconn.contracts.work import Install
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers.cancel_all import cancel_all
from exconn.intake.handlers.insert_job import insert_job
from exconn.ledger import AccountTroubles, IllegalCallError, NotYoursToResumeError
from exconn.signing.errors import Refused

#: The job that arms a feature.
PREFLIGHTS: dict[Feature, Kind] = {"policy": Kind.PREFLIGHT_POLICY, "actions": Kind.PREFLIGHT_ACTIONS}


def apply(context: RequestContext) -> Accepted:
    """Take a definition into service; a new connector gets its installation, a waiting one is tried at once.

    So are its accounts and its connection where they are in trouble.
    """
    definition = _definition(context)
    before = context.connector
    is_new = before is None
    if before is not None and before.state == "removed":
        context.intake.ledger.clear_removed(definition.name, by=context.by)
    state = context.intake.store.apply(definition, context.by)
    if is_new:
        # The kill switch stands at paused until somebody says otherwise; nothing of a new connector is armed yet.
        with suppress(NotYoursToResumeError):
            context.intake.ledger.resume(state.name, by=context.by)
    used = [account.username for role in ACCOUNT_ROLES if (account := definition.accounts.of(role)) is not None]
    AccountTroubles(context.intake.client).try_now(state.name, used, by=context.by)
    details = {"revision": state.revision, "state": state.state}
    if state.state == "installed":
        return Accepted(details={**details})
    job = insert_job(replace(context, connector=state), Kind.INSTALL, Install(), key=state.install_key)
    if job.ring is None and job.job is not None:
        _try_now(context, job.job)
    return Accepted(job=job.job, state=job.state, details={**details}, ring=job.ring)


def arm(context: RequestContext) -> Accepted:
    """Begin arming a feature: its preflight arms it when it succeeds."""
    state, feature = context.installed(), _feature(context)
    if context.definition(state).accounts.of(feature) is None:
        raise Refused(
            Refusal.NO_ACCOUNT,
            f"the definition of {state.name!r} names no account for {feature}",
            remedy=f"add [accounts.{feature}] and apply the definition again",
        )
    kind = PREFLIGHTS[feature]
    return insert_job(context, kind, KINDS[kind].payload())


def disarm(context: RequestContext) -> Accepted:
    """Disarm a feature at once; accepted actions stop at their next check, and a preflight under way arms nothing.

    Raises UnconfirmedError when that is not certain of a preflight; the feature is disarmed all the same.
    """
    name, feature = context.state().name, _feature(context)
    preflights = sorted(context.intake.ledger.unsettled(name, kind=PREFLIGHTS[feature]))
    # Before disarming: one that ends in between would arm the feature again.
    _, unconfirmed = cancel_all(context, preflights)
    state = context.intake.store.disarm(name, feature, context.by)
    if unconfirmed is not None:
        raise unconfirmed
    return Accepted(details={"armed": list(state.armed)})


def remove(context: RequestContext) -> Accepted:
    """Remove the connector, and end its jobs; Exchange is left as it is. Of many jobs, coordinators end the rest."""
    name = context.request.connector
    try:
        context.intake.store.remove(name, context.by)
    except UnknownConnectorError as exc:
        raise Refused(Refusal.UNKNOWN_CONNECTOR, f"no connector {name!r}", remedy="see exconn connector list") from exc
    except OpenActionsError as exc:
        raise Refused(
            Refusal.OPEN_ACTIONS,
            f"{exc.count} device actions are open: {', '.join(exc.actions)}",
            remedy="cancel them or wait for their end: exconn actions list",
            details={"actions": list(exc.actions), "count": exc.count},
        ) from exc
    context.intake.ledger.clear_removed(name, by=context.by)
    AccountTroubles(context.intake.client).forget(name, by=context.by)
    return Accepted(details={"state": "removed"})


def _definition(context: RequestContext) -> ConnectorDefinition:
    text = context.request.target.definition
    if text is None:
        raise Refused(Refusal.BAD_TARGET, "no definition", remedy="set target.definition to the text of connector.toml")
    try:
        definition = parse_definition(text)
    except DefinitionError as exc:
        problems = [str(problem) for problem in exc.problems]
        raise Refused(
            Refusal.DEFINITION, problems[0], remedy="exconn connector check FILE", details={"problems": problems}
        ) from exc
    if definition.name != context.request.connector:
        raise Refused(
            Refusal.BAD_TARGET,
            f"the request is for {context.request.connector!r}, the definition for {definition.name!r}",
            remedy="name the connector that the definition names",
        )
    return definition


def _feature(context: RequestContext) -> Feature:
    feature = context.request.target.feature
    if feature is None:
        raise Refused(Refusal.BAD_TARGET, "no feature", remedy="set target.feature to policy or actions")
    return feature


def _try_now(context: RequestContext, job_id: str) -> None:
    try:
        context.intake.ledger.retry(job_id, by=context.by)
    except (IllegalCallError, KeyError):
        return  # A worker has it this moment, or it settled: nothing waits.
