"""The words that services and other systems share: names, requests, work, device records, doorbells.

Pydantic only: nothing here connects to anything.
"""

from exconn.contracts.device import (
    FACT_OF,
    FACTS_FORMAT,
    DeviceFact,
    Fact,
    FactsType,
    FinaliseFact,
    OwnerFact,
    StatisticsFact,
)
from exconn.contracts.doorbell import canary_bytes, doorbell_bytes, task_id
from exconn.contracts.fingerprint import Fingerprint, digest_of
from exconn.contracts.names import (
    CANARY_TASK,
    LEDGER_MARK,
    REQUESTS_QUEUE,
    SUBMIT_TASK,
    Service,
    canary_queue,
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
from exconn.contracts.roles import ACCOUNT_ROLES, FEATURES, AccountRole, Feature
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
    "ACCOUNT_ROLES",
    "CANARY_TASK",
    "FACTS_FORMAT",
    "FACT_OF",
    "FEATURES",
    "KINDS",
    "LEDGER_MARK",
    "REQUESTS_QUEUE",
    "SUBMIT_TASK",
    "AccountRole",
    "Answer",
    "BadRequestError",
    "Checks",
    "DeviceFact",
    "Envelope",
    "Fact",
    "FactsType",
    "Feature",
    "FinaliseFact",
    "Fingerprint",
    "Kind",
    "KindRow",
    "OwnerFact",
    "Request",
    "Service",
    "StatisticsFact",
    "UnknownKindError",
    "Work",
    "canary_bytes",
    "canary_queue",
    "digest_of",
    "doorbell_bytes",
    "new_job_id",
    "parse_envelope",
    "parse_request",
    "parse_work",
    "queue_of",
    "task_id",
]
