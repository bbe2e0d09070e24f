"""The words that services and other systems share: names, requests, work, device records, doorbells.

Pydantic only: nothing here connects to anything.
"""

from exconn.contracts.doorbell import doorbell_bytes, task_id
from exconn.contracts.fingerprint import Fingerprint, digest_of
from exconn.contracts.names import (
    REQUESTS_QUEUE,
    SUBMIT_TASK,
    Service,
    queue_of,
)
from exconn.contracts.request import (
    Answer,
    BadRequestError,
    Envelope,
    Request,
    parse_envelope,
    parse_request,
)
from exconn.contracts.work import (
    KINDS,
    Checks,
    Kind,
    KindRow,
    UnknownKindError,
    Work,
    new_job_id,
    parse_work,
)

__all__ = [
    "KINDS",
    "REQUESTS_QUEUE",
    "SUBMIT_TASK",
    "Answer",
    "BadRequestError",
    "Checks",
    "Envelope",
    "Fingerprint",
    "Kind",
    "KindRow",
    "Request",
    "Service",
    "UnknownKindError",
    "Work",
    "digest_of",
    "doorbell_bytes",
    "new_job_id",
    "parse_envelope",
    "parse_request",
    "parse_work",
    "queue_of",
    "task_id",
]
