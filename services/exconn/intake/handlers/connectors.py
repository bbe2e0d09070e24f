"""Requests about connectors: define, arm, disarm, remove."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from exconn.connector import (
    ChangeGoneError,
    ChangeKind,
    ConnectorDefinition,
    ConnectorState,
    DefinitionError,
    Difference,
    DropReason,
    NotTheFirstError,
    OpenActionsError,
    PendingChange,
    PendingChanges,
    UnknownConnectorError,
    definition_of,
    parse_definition,
    pending_change,
)
from exconn.connector.state_changes import under_other_accounts
from exconn.connector.widening import beyond, differences
from exconn.contracts import KINDS, Kind
from exconn.contracts.refusals import Refusal
from exconn.contracts.roles import ACCOUNT_ROLES, Feature
from exconn.contracts.work import Install
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers.cancel_all import cancel_all
from exconn.intake.handlers.insert_job import insert_job
from exconn.keyspace import keys
from exconn.ledger import AccountTroubles, IllegalCallError, NotYoursToResumeError
from exconn.signing.errors import Detail, Refused

#: The job that arms a feature.
PREFLIGHTS: dict[Feature, Kind] = {"policy": Kind.PREFLIGHT_POLICY, "actions": Kind.PREFLIGHT_ACTIONS}


def apply(context: RequestContext) -> Accepted:
    """Take a definition into service, unless it would widen a protection, or move an address or a secret.

    That waits as a whole for a second requester. The first connector of a deployment waits for nobody; of two that are
    applied at once, one is the first.
    """
    definition, before = _definition(context), context.connector
    _within_bounds(context, definition)
    found = _differences(context, definition)
    changes = PendingChanges(context.intake.client)
    if found and before is not None:
        return _pending(context, definition, found, changes)
    try:
        state = _stored(context, definition, as_first=bool(found))
    except NotTheFirstError:
        return _pending(context, definition, found, changes)
    changes.drop_definitions(definition.name, context.by, DropReason.SUPERSEDED)
    return in_service(context, state)


def apply_released(context: RequestContext, change: PendingChange) -> Accepted:
    """Take the definition of a pending change into service. Raises ChangeGoneError when it is not what was shown."""
    definition = definition_of(change.content)
    _within_bounds(context, definition)
    if _differences(context, definition) != change.differences:
        raise ChangeGoneError(change.id)
    state = _stored(context, definition, change)
    return in_service(context, state, change=change.id)


def _pending(
    context: RequestContext, definition: ConnectorDefinition, found: tuple[Difference, ...], changes: PendingChanges
) -> Accepted:
    wanted = pending_change(
        ChangeKind.DEFINITION,
        connector=definition.name,
        by=context.by,
        nonce=context.request.nonce,
        at=context.now,
        differences=found,
        content=definition.model_dump_json(),
        base=context.connector.revision if context.connector else 0,
    )
    change = changes.propose(wanted)
    return Accepted(
        state="pending",
        text="nothing was changed: it widens a protection, or moves an address or a secret",
        remedy=f"have another person look at it and release it: exconn brakes release {change.id}",
        details={
            "change": change.id,
            "differences": [one.model_dump(mode="json") for one in change.differences],
            "expires_at": change.expires_at.isoformat(),
        },
    )


def _stored(
    context: RequestContext,
    definition: ConnectorDefinition,
    change: PendingChange | None = None,
    *,
    as_first: bool = False,
) -> ConnectorState:
    before = context.connector
    if before is not None and before.state == "removed":
        context.intake.ledger.clear_removed(definition.name, by=context.by)
    if before is not None:
        _end_preflights(context, under_other_accounts(context.definition(before), definition))
    return context.intake.store.apply(definition, context.by, over=before, as_first=as_first, change=change)


def _end_preflights(context: RequestContext, features: Iterable[Feature]) -> None:
    """Have those under way arm nothing: they look at an account that becomes another.

    One that ends before the definition is stored is disarmed with it. Where it is not certain that one is cancelled,
    nobody believes what it arms either.
    """
    ledger, name = context.intake.ledger, context.request.connector
    for feature in features:
        cancel_all(context, sorted(ledger.unsettled(name, kind=PREFLIGHTS[feature])))


def in_service(context: RequestContext, state: ConnectorState, *, change: str = "") -> Accepted:
    """What follows a definition: a new connector gets its installation, a waiting one is tried at once.

    So are its accounts and its connection where they are in trouble.
    """
    context.intake.store.pin(state.name, context.by)
    if context.connector is None:
        # The kill switch stands at paused until somebody says otherwise; nothing of a new connector is armed yet.
        with suppress(NotYoursToResumeError):
            context.intake.ledger.resume(state.name, by=context.by)
    accounts = context.definition(state).accounts
    used = [account.username for role in ACCOUNT_ROLES if (account := accounts.of(role)) is not None]
    AccountTroubles(context.intake.client).try_now(state.name, used, by=context.by)
    details: dict[str, Detail] = {"revision": state.revision, "state": state.state}
    if change:
        details["change"] = change
    if state.state == "installed":
        return Accepted(details=details)
    job = insert_job(replace(context, connector=state), Kind.INSTALL, Install(), key=state.install_key)
    if job.ring is None and job.job is not None:
        _try_now(context, job.job)
    return Accepted(job=job.job, state=job.state, details=details, ring=job.ring)


def arm(context: RequestContext) -> Accepted:
    """Begin arming a feature: its preflight arms it when it succeeds."""
    state, feature = context.installed(), _feature(context)
    if context.definition(state).accounts.of(feature) is None:
        raise Refused(
            Refusal.NO_ACCOUNT,
            f"the definition of {state.name!r} names no account for {feature}",
            remedy=f"add [accounts.{feature}] and apply the definition again",
        )
    context.intake.store.may_arm(state.name, feature, may=True)
    kind = PREFLIGHTS[feature]
    return insert_job(context, kind, KINDS[kind].payload())


def disarm(context: RequestContext) -> Accepted:
    """Disarm a feature at once; accepted actions stop at their next check, and a preflight under way arms nothing.

    Raises UnconfirmedError when that is not certain of a preflight; the feature is disarmed all the same.
    """
    name, feature = context.state().name, _feature(context)
    preflights = sorted(context.intake.ledger.unsettled(name, kind=PREFLIGHTS[feature]))
    context.intake.store.may_arm(name, feature, may=False)
    # Before disarming: one that ends in between would arm the feature again.
    _, unconfirmed = cancel_all(context, preflights)
    state = context.intake.store.disarm(name, feature, context.by)
    if unconfirmed is not None:
        raise unconfirmed
    return Accepted(details={"armed": [str(feature) for feature in state.armed]})


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
    PendingChanges(context.intake.client).drop_definitions(name, context.by, DropReason.REMOVED)
    context.intake.ledger.clear_removed(name, by=context.by)
    AccountTroubles(context.intake.client).forget(name, by=context.by)
    context.intake.client.delete(keys.policy_applied(name))
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


def _within_bounds(context: RequestContext, definition: ConnectorDefinition) -> None:
    """Raise Refused where the definition is wider than the deployment's registry lets any be."""
    for bounds in context.registry.all_bounds:
        if found := beyond(definition, bounds):
            raise Refused(
                Refusal.DEFINITION,
                str(found[0]),
                remedy=f"write {found[0].field} = {found[0].bound} or stricter; the registry has the bounds, and wider "
                "ones count later",
                details={"problems": [str(one) for one in found]},
            )


def _differences(context: RequestContext, definition: ConnectorDefinition) -> tuple[Difference, ...]:
    """What a second requester must see: against the newest definition, also that of a removed connector."""
    before = context.connector
    return differences(context.definition(before) if before else None, definition)


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
