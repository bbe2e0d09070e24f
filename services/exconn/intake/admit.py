"""Whether a request is accepted: every check in its order, then the insert.

Nothing is done before the signature is known to be good. Only `accepted` means that it will be done; an answer that
was not given was not an acceptance, and the same bytes may always be sent again.
"""

from dataclasses import dataclass, replace

import redis

from exconn.connector import ContendedError, StoreError, UnknownConnectorError
from exconn.contracts import Answer, BadRequestError, Envelope, parse_envelope, reason_text, remedy_text
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import MAX_ENVELOPE
from exconn.intake.authorization import check_audience, check_key, check_rights
from exconn.intake.context import Accepted, IntakeContext, RequestContext
from exconn.intake.dates import check_dates
from exconn.intake.first_look import FirstLook, take_first_look
from exconn.intake.handlers.insert_job import job_of
from exconn.intake.handlers.table import HANDLERS
from exconn.intake.new_rights import check_new_key, in_force
from exconn.ledger import LedgerFullError, LedgerOutOfReachError, Ring, UnconfirmedError
from exconn.signing.errors import Refused, RegistryError, SupersededRegistryError
from exconn.signing.requesters import Registry, Requester
from exconn.signing.signature import Verified, check_hardware, verify
from exconn.stream.cause import RequestCause, caused_by

#: No answer from the ledger server: what was asked may have happened or not.
_OUT_OF_REACH = (LedgerOutOfReachError, ContendedError, redis.ConnectionError, redis.TimeoutError, OSError)


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """The answer, who was verified (None when the signature is not good), and the doorbell to ring at a connector."""

    answer: Answer
    requester: str | None = None
    ring: Ring | None = None
    connector: str = ""
    #: By which key it says to be signed, where it says so.
    key: str = ""


def admit(raw: bytes | str, intake: IntakeContext, *, source: str = "http") -> Admitted:
    """Judge the envelope in `raw`, and do what it asks when it is accepted; `source` is the way on which it came."""
    key = ""
    try:
        envelope = _envelope(raw)
        key = envelope.key
        registry = intake.registry()
        verified = verify(envelope, registry)
    except RegistryError:
        problem = Refused(Refusal.NO_REGISTRY, "the registry of requesters is unusable", remedy="see the log of intake")
        return Admitted(answer=_refusal("", problem))
    except Refused as exc:
        return Admitted(answer=_refusal("", exc), key=key)
    request = verified.request
    cause = RequestCause(digest=verified.digest, key=verified.key_id, reason=request.reason, source=source)
    with caused_by(cause):
        return _answered(verified, registry, envelope, intake)


def _envelope(raw: bytes | str) -> Envelope:
    """The envelope in `raw`. Raises Refused (too_long, malformed)."""
    if len(raw) > MAX_ENVELOPE:
        raise Refused(Refusal.TOO_LONG, f"longer than {MAX_ENVELOPE} bytes", remedy="send fewer jobs at a time")
    try:
        return parse_envelope(raw)
    except BadRequestError as exc:
        raise Refused(Refusal.MALFORMED, f"{exc.field}: {exc.problem}", remedy=exc.remedy) from exc


def _answered(verified: Verified, registry: Registry, envelope: Envelope, intake: IntakeContext) -> Admitted:
    request = verified.request
    name, nonce = request.requester, request.nonce
    try:
        check_rights(verified)
        look = take_first_look(verified, envelope.key, intake)
        if look.before is not None:
            return Admitted(answer=look.before, requester=name)
        requester, registry = _in_force(verified, registry, envelope.key, intake, look)
        return _decided(replace(verified, requester=requester), registry, envelope, intake, look)
    except Refused as exc:
        answer = _refusal(nonce, exc)
    except SupersededRegistryError as exc:
        problem = Refused(Refusal.NO_REGISTRY, "another registry of requesters was announced", remedy=exc.remedy)
        answer = _refusal(nonce, problem)
    except UnconfirmedError as exc:
        text = "it may run: too few replicas or disks confirmed it in time"
        answer = _unconfirmed(nonce, exc.job_id or None, Refusal.UNCONFIRMED, text)
    except _OUT_OF_REACH:
        text = "the ledger did not answer: it may run or not"
        answer = _unconfirmed(nonce, None, Refusal.UNREACHABLE, text)
    except (LedgerFullError, redis.exceptions.OutOfMemoryError):
        full = Refused(Refusal.FULL, "the ledger takes no new jobs", remedy="send the same bytes again later")
        answer = _refusal(nonce, full)
    except StoreError as exc:
        answer = _refusal(nonce, _refused_by_store(exc))
    return Admitted(answer=answer, requester=name)


def _in_force(
    verified: Verified, registry: Registry, key: str, intake: IntakeContext, look: FirstLook
) -> tuple[Requester, Registry]:
    """The requester and the registry with what counts now. Raises Refused, and SupersededRegistryError."""
    announced = look.announced
    if not announced.is_of(registry):
        announced = intake.trace.counted(registry, key, verified.request.requester, by="intake")
    check_key(registry.keys[key], look.now)
    check_new_key(verified.request, announced, look.now)
    counting = announced.in_force(registry, look.now)
    check_hardware(verified.request.kind, counting, hardware=verified.hardware)
    return in_force(verified.requester, verified.request, announced, look.now), counting


def _decided(
    verified: Verified, registry: Registry, envelope: Envelope, intake: IntakeContext, look: FirstLook
) -> Admitted:
    """Judge and do; the answer is kept unless the same bytes may get a better one later."""
    request = verified.request
    context = RequestContext(
        intake=intake,
        request=request,
        requester=verified.requester,
        registry=registry,
        digest=verified.digest,
        envelope=envelope.model_dump_json(),
        now=look.now,
        connector=look.connector,
        device=look.device,
    )
    ring = None
    try:
        done = _done(context)
        answer, ring = _acceptance(context, done), done.ring
    except Refused as exc:
        if exc.passing:
            raise
        answer = _refusal(request.nonce, exc)
    except ContendedError:
        raise
    except StoreError as exc:
        answer = _refusal(request.nonce, _refused_by_store(exc))
    intake.answers.keep(context.by, context.digest, answer)
    return Admitted(answer=answer, requester=context.by, ring=ring, connector=request.connector)


def _done(context: RequestContext) -> Accepted:
    state = context.connector
    check_audience(context.request, context.registry, state.organization if state else None)
    try:
        check_dates(context.request, context.now)
    except Refused:
        # The answer may have been lost after the insert: sent again too late, it still has its job.
        earlier = job_of(context)
        if earlier is None:
            raise
        return earlier
    return HANDLERS[context.request.kind](context)


def _acceptance(context: RequestContext, done: Accepted) -> Answer:
    foreseen = done.foreseen
    return Answer(
        status="accepted",
        request=context.request.nonce,
        job=done.job,
        state=done.state,
        text=reason_text(foreseen, {}) if foreseen else done.text,
        remedy=remedy_text(foreseen) if foreseen else done.remedy,
        accepted_at=context.now,
        details={**(done.details or {}), **({"expected_hold": foreseen.value} if foreseen else {})},
    )


def _refused_by_store(error: StoreError) -> Refused:
    word = Refusal.UNKNOWN_CONNECTOR if isinstance(error, UnknownConnectorError) else Refusal.CONNECTOR
    return Refused(word, str(error), remedy=error.remedy)


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
