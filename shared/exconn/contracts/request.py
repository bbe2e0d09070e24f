"""The signed request: what operators and other systems send to intake.

The envelope carries the exact bytes that were signed, so that nobody has to agree on a canonical JSON. The request
inside names its kind, connector, target, reason, requester, nonce and its two dates.
"""

import base64
import binascii
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    model_serializer,
)

from exconn.contracts.findings import FindingCode, FindingName
from exconn.contracts.policy_towards import Towards
from exconn.contracts.roles import Feature
from exconn.contracts.seen import Seen

M = TypeVar("M", bound=BaseModel)

_NAME = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
#: A wire name: connectors, requesters, key ids.
Name = Annotated[str, StringConstraints(pattern=_NAME)]
Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")]
#: What a job is held for: the code of the reason and, where a release is for exactly that, what was compared.
HeldFor = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}(?: [A-Za-z0-9_-]{1,64})?$")]
JobId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{1,30}-[a-z2-7]{16}$")]

#: How far ahead `valid_until` may be when a request is accepted: nobody remembers an older one.
VALID_WITHIN = timedelta(days=30)
#: The largest envelope that intake reads, in bytes.
MAX_ENVELOPE = 64 * 1024


def is_name(text: str) -> bool:
    """Whether a connector, a requester or a key can have this name."""
    return re.fullmatch(_NAME, text) is not None


class RequestKind(StrEnum):
    """Everything that can be asked of the system."""

    WIPE = "wipe"
    BLOCK = "block"
    ALLOW = "allow"
    CONNECTOR_APPLY = "connector-apply"
    CONNECTOR_ARM = "connector-arm"
    CONNECTOR_DISARM = "connector-disarm"
    CONNECTOR_REMOVE = "connector-remove"
    SWEEP_START = "sweep-start"
    POLICY_PLAN = "policy-plan"
    POLICY_APPLY = "policy-apply"
    JOB_CANCEL = "job-cancel"
    JOB_RETRY = "job-retry"
    RELEASE = "release"
    PAUSE = "pause"
    RESUME = "resume"
    PROBLEM_ACKNOWLEDGE = "problem-acknowledge"


class Audience(BaseModel):
    """For whom a request was signed: one deployment and, for an action on a device, one Exchange organization."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deployment: Name
    organization: Guid | None = None


class Target(BaseModel):
    """What a request is about; which fields are set depends on the kind (intake checks it)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Guid | None = None
    seen: Seen | None = None
    jobs: tuple[JobId, ...] = Field(default=(), max_length=500)
    #: Of a release, in the order of `jobs`: what each was shown to be held for. It counts for that alone.
    held_for: tuple[HeldFor, ...] = Field(default=(), max_length=500)
    feature: Feature | None = None
    mode: Literal["full"] | None = None
    plan: JobId | None = None
    digest: str | None = Field(default=None, max_length=64)
    #: Of a policy plan; None is the definition.
    towards: Towards | None = None
    definition: str | None = Field(default=None, max_length=48 * 1024)
    problem: FindingCode | None = None
    finding: FindingName | None = None

    @model_serializer(mode="wrap")
    def _as_known_to_all(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without the goal where it is the usual one, so that processes of the version before read it, too."""
        written: dict[str, object] = handler(self)
        if self.towards is None:
            del written["towards"]
        return written


class Request(BaseModel):
    """One request, as signed. All dates are aware; `present_by` and `valid_until` are judged by the server's time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    kind: RequestKind
    #: Every request needs one; intake says so to who leaves it out.
    audience: Audience | None = None
    connector: Name
    target: Target = Target()
    reason: str = Field(default="", max_length=500)
    requester: Name
    nonce: str = Field(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    present_by: AwareDatetime
    valid_until: AwareDatetime


class Envelope(BaseModel):
    """A request on the wire: the signed bytes, the key that signed them, the signature, and in which form that is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    form: Literal["ed25519", "sshsig"] = Field(
        default="ed25519", description="sshsig: made by ssh-keygen -Y sign -n exconn-request, by an OpenSSH key"
    )
    key: Name
    request: str = Field(max_length=MAX_ENVELOPE, description="base64 of the exact bytes that were signed")
    signature: str = Field(
        max_length=4096,
        description="base64 of the signature over those bytes: 64 bytes of Ed25519, or SSHSIG, armored or not",
    )

    @model_serializer(mode="wrap")
    def _as_known_to_all(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without the form where it is the usual one, so that processes of the version before read it, too."""
        written: dict[str, object] = handler(self)
        if self.form == "ed25519":
            del written["form"]
        return written

    def signed_bytes(self) -> bytes:
        """The exact bytes that were signed. Raises BadRequestError when they are not base64."""
        return _decoded("request", self.request)

    def signature_bytes(self) -> bytes:
        """The signature. Raises BadRequestError when it is not base64."""
        return _decoded("signature", self.signature)


class Answer(BaseModel):
    """What intake says to a request. Only `accepted` means that it will be done.

    `status`: accepted, refused (with `error` and `remedy`), or unconfirmed (it may run; send the same bytes again).
    `error` is a word of `Refusal`, or of a newer intake.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Literal["accepted", "refused", "unconfirmed"]
    request: str
    job: str | None = None
    state: str | None = None
    error: str | None = None
    text: str | None = None
    remedy: str | None = None
    accepted_at: datetime | None = None
    details: dict[str, str | int | bool | list[str] | list[dict[str, str]] | None] = Field(default_factory=dict)


class BadRequestError(ValueError):
    """Bytes that are no request: names the field and the remedy."""

    def __init__(self, field: str, problem: str, *, remedy: str) -> None:
        self.field = field
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{field}: {problem}; {remedy}")


def parse_envelope(raw: bytes | str) -> Envelope:
    """The envelope in `raw`. Raises BadRequestError."""
    if len(raw) > MAX_ENVELOPE:
        raise BadRequestError("envelope", f"longer than {MAX_ENVELOPE} bytes", remedy="send fewer jobs at a time")
    return _parsed(Envelope, raw, "envelope")


def parse_request(envelope: Envelope) -> Request:
    """The request inside an envelope; its signature is not checked here. Raises BadRequestError."""
    return _parsed(Request, envelope.signed_bytes(), "request")


def _parsed(model: type[M], raw: bytes | str, what: str) -> M:
    try:
        return model.model_validate_json(raw)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or what
        raise BadRequestError(field, first["msg"], remedy=f"see the schema of the {what}") from exc


def _decoded(field: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise BadRequestError(field, "not base64", remedy="encode the exact bytes with standard base64") from exc
