"""Whether a request is accepted: every check in its order, then the insert.

Nothing is done before the signature is known to be good. Only `accepted` means that it will be done; an answer that
was not given was not an acceptance, and the same bytes may always be sent again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis

from exconn.connector import ContendedError, StoreError
from exconn.contracts import Answer, BadRequestError, Envelope, Request, parse_envelope
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import MAX_ENVELOPE, RequestKind
from exconn.intake.context import Accepted, IntakeContext, RequestContext, Wake
from exconn.intake.handlers import connectors, devices, jobs_and_brakes, runs
from exconn.intake.handlers.insert_job import job_of
from exconn.ledger import LedgerFullError, LedgerOutOfReachError, UnconfirmedError
from exconn.signing.errors import Refused, RegistryError
from exconn.signing.requesters import Registry
from exconn.signing.signature import Verified, verify

#: How far ahead `present_by` may be: a captured request is worth nothing for longer.
PRESENT_WITHIN = timedelta(minutes=15)
#: How far ahead `valid_until` may be: nobody remembers an older request.
VALID_WITHIN = timedelta(days=30)

#: No answer from the ledger server: what was asked may have happened or not.
_OUT_OF_REACH = (
    LedgerOutOfReachError,
    ContendedError,
    redis.ConnectionError,
    redis.TimeoutError,
    OSError,
)

Handler = Callable[[RequestContext], Accepted]

HANDLERS: Mapping[RequestKind, Handler] = {
    RequestKind.WIPE: devices.wipe,
    RequestKind.CONNECTOR_APPLY: connectors.apply,
    RequestKind.CONNECTOR_ARM: connectors.arm,
    RequestKind.CONNECTOR_DISARM: connectors.disarm,
    RequestKind.CONNECTOR_REMOVE: connectors.remove,
    RequestKind.SWEEP_START: runs.start_sweep,
    RequestKind.POLICY_PLAN: runs.plan_policy,
    RequestKind.POLICY_APPLY: runs.apply_policy,
    RequestKind.JOB_CANCEL: jobs_and_brakes.cancel,
    RequestKind.JOB_RETRY: jobs_and_brakes.retry,
    RequestKind.RELEASE: jobs_and_brakes.release,
    RequestKind.PAUSE: jobs_and_brakes.pause,
    RequestKind.RESUME: jobs_and_brakes.resume,
}


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """The answer, who was verified (None when the signature is not good), and the doorbell to ring."""

    answer: Answer
    requester: str | None = None
    wake: Wake | None = None


def admit(raw: bytes | str, desk: IntakeContext) -> Admitted:
    """Judge the envelope in `raw`, and do what it asks when it is accepted."""
    try:
        if len(raw) > MAX_ENVELOPE:
            raise Refused(Refusal.TOO_LONG, f"longer than {MAX_ENVELOPE} bytes", remedy="send fewer jobs at a time")
        envelope = parse_envelope(raw)
        registry = desk.registry()
        verified = verify(envelope, registry)
    except BadRequestError as exc:
        problem = Refused(Refusal.MALFORMED, f"{exc.field}: {exc.problem}", remedy=exc.remedy)
        return Admitted(answer=_refusal("", problem))
    except RegistryError:
        problem = Refused(Refusal.NO_REGISTRY, "the registry of requesters is unusable", remedy="see the log of intake")
        return Admitted(answer=_refusal("", problem))
    except Refused as exc:
        return Admitted(answer=_refusal("", exc))
    return _answered(verified, registry, envelope, desk)


def judge_dates(request: Request, now: datetime) -> None:
    """Raise Refused unless the request is presented in time and valid for a sensible while."""
    if request.present_by <= now:
        raise Refused(Refusal.EXPIRED, "it was to be presented earlier", remedy="sign a new request with a new nonce")
    if request.present_by > now + PRESENT_WITHIN:
        raise Refused(
            Refusal.PRESENT_BY,
            f"present_by is more than {PRESENT_WITHIN} ahead of the server's time",
            remedy="set it to at most 15 minutes from now, and check your clock",
        )
    if request.valid_until <= now:
        raise Refused(Refusal.EXPIRED, "it is no longer valid", remedy="sign a new request with a later valid_until")
    if request.valid_until > now + VALID_WITHIN:
        raise Refused(
            Refusal.VALID_UNTIL, "valid_until is more than 30 days ahead", remedy="set it to at most 30 days ahead"
        )


def judge_rights(verified: Verified) -> None:
    """Raise Refused unless the requester may ask for this kind at this connector."""
    request, requester = verified.request, verified.requester
    if not requester.may(request.kind):
        raise Refused(
            Refusal.NOT_ALLOWED,
            f"requester {request.requester!r} may not ask for {request.kind}",
            remedy="have the kind added to the requester in the registry",
        )
    if not requester.may_reach(request.connector):
        raise Refused(
            Refusal.NOT_ALLOWED,
            f"requester {request.requester!r} may not use connector {request.connector!r}",
            remedy="have the connector added to the requester in the registry",
        )


def _answered(verified: Verified, registry: Registry, envelope: Envelope, desk: IntakeContext) -> Admitted:
    request = verified.request
    name, nonce = request.requester, request.nonce
    try:
        judge_rights(verified)
        before = desk.answers.reserve(name, nonce, verified.digest)
        if before is not None:
            return Admitted(answer=before, requester=name)
        admitted = _decided(verified, registry, envelope, desk)
    except Refused as exc:
        return Admitted(answer=_refusal(nonce, exc), requester=name)
    except UnconfirmedError as exc:
        text = "it may run: too few replicas or disks confirmed it in time"
        return Admitted(answer=_unconfirmed(nonce, exc.job_id or None, Refusal.UNCONFIRMED, text), requester=name)
    except (
        LedgerOutOfReachError,
        ContendedError,
        redis.ConnectionError,
        redis.TimeoutError,
        OSError,
    ):
        text = "the ledger did not answer: it may run or not"
        return Admitted(answer=_unconfirmed(nonce, None, Refusal.UNREACHABLE, text), requester=name)
    except (LedgerFullError, redis.exceptions.OutOfMemoryError):
        refused = Refused(Refusal.FULL, "the ledger takes no new jobs", remedy="send the same bytes again later")
        return Admitted(answer=_refusal(nonce, refused), requester=name)
    return admitted


def _decided(verified: Verified, registry: Registry, envelope: Envelope, desk: IntakeContext) -> Admitted:
    """Judge and do; the answer is kept unless the same bytes may get a better one later."""
    case = RequestContext(
        desk=desk,
        request=verified.request,
        requester=verified.requester,
        registry=registry,
        digest=verified.digest,
        envelope=envelope.model_dump_json(),
        now=desk.ledger.time(),
    )
    wake = None
    try:
        done = _done(case)
        answer, wake = _acceptance(case, done), done.wake
    except Refused as exc:
        if exc.passing:
            raise
        answer = _refusal(case.request.nonce, exc)
    except ContendedError:
        raise
    except StoreError as exc:
        answer = _refusal(case.request.nonce, Refused(Refusal.CONNECTOR, str(exc), remedy=exc.remedy))
    desk.answers.keep(case.by, case.digest, answer)
    return Admitted(answer=answer, requester=case.by, wake=wake)


def _done(case: RequestContext) -> Accepted:
    try:
        judge_dates(case.request, case.now)
    except Refused:
        # The answer may have been lost after the insert: sent again too late, it still has its job.
        earlier = job_of(case)
        if earlier is None:
            raise
        return earlier
    return HANDLERS[case.request.kind](case)


def _acceptance(case: RequestContext, done: Accepted) -> Answer:
    return Answer(
        status="accepted",
        request=case.request.nonce,
        job=done.job,
        state=done.state,
        accepted_at=case.now,
        details=done.details or {},
    )


def _refusal(nonce: str, refused: Refused) -> Answer:
    return Answer(
        status="refused",
        request=nonce,
        job=refused.job,
        error=refused.error,
        text=refused.text,
        remedy=refused.remedy,
        details=refused.details,
    )


def _unconfirmed(nonce: str, job: str | None, error: Refusal, text: str) -> Answer:
    return Answer(
        status="unconfirmed", request=nonce, job=job, error=error, text=text, remedy="send the same bytes again"
    )
