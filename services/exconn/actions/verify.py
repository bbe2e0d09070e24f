"""The worker's own check of a wipe: was it signed, by whom it says, for this device, and accepted in time?

The worker does not take doorbells, or the ledger, at their word.
"""

from datetime import datetime

from exconn.contracts import BadRequestError, Request, parse_envelope
from exconn.contracts.request import RequestKind
from exconn.contracts.work import Wipe
from exconn.ledger import Job
from exconn.signing import Refused, Registry, SigningError, verify

#: The registry does not have the key (any more): nothing is wrong with the request itself.
UNKNOWN_KEY = "unknown_key"


class NotAsSignedError(Exception):
    """The job is not what its requester signed; `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the action is not as it was signed: {reason}")


def verified(job: Job, work: Wipe, registry: Registry) -> Request:
    """The request behind an action. Raises NotAsSignedError."""
    try:
        request = verify(parse_envelope(work.envelope), registry).request
    except Refused as exc:
        raise NotAsSignedError(exc.error) from exc
    except (SigningError, BadRequestError) as exc:
        raise NotAsSignedError("signature") from exc
    for word, holds in _agreements(job, work, request, work.accepted_at):
        if not holds:
            raise NotAsSignedError(word)
    return request


def _agreements(job: Job, work: Wipe, request: Request, accepted_at: datetime) -> tuple[tuple[str, bool], ...]:
    return (
        ("kind", request.kind is RequestKind.WIPE),
        ("connector", request.connector == job.connector),
        ("requester", request.requester == job.requester),
        ("device", request.target.device == work.device == job.device),
        ("present_by", accepted_at <= request.present_by),
        ("valid_until", job.valid_until is not None and job.valid_until <= request.valid_until),
    )
