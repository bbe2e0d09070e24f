"""The words that services and other systems share: names, requests, work, reasons, device records, doorbells.

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
from exconn.contracts.kinds import (
    ACTION_KINDS,
    KINDS,
    ActionTexts,
    KindRow,
    UnknownKindError,
    action_payload,
    is_in_exchange,
    parse_work,
)
from exconn.contracts.names import (
    CANARY_TASK,
    LEDGER_MARK,
    REQUESTS_QUEUE,
    SUBMIT_TASK,
    WORKERS,
    Service,
    canary_queue,
    queue_of,
)
from exconn.contracts.next_commands import NextCommand, next_commands
from exconn.contracts.phases import Life, Phase
from exconn.contracts.reading_gaps import GapPlace, NamedGap, ReadingGaps
from exconn.contracts.reason_texts import REASONS, Step, reason_text, remedy_text, steps_for
from exconn.contracts.reasons import (
    BRAKES,
    CANCELLATIONS,
    TROUBLES,
    EndReason,
    HoldReason,
    Reason,
    RefuseReason,
    WaitReason,
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
from exconn.contracts.work import LONGEST_WINDOW, Checks, Kind, Work, kind_of, new_job_id

__all__ = [
    "ACCOUNT_ROLES",
    "ACTION_KINDS",
    "BRAKES",
    "CANARY_TASK",
    "CANCELLATIONS",
    "FACTS_FORMAT",
    "FACT_OF",
    "FEATURES",
    "KINDS",
    "LEDGER_MARK",
    "LONGEST_WINDOW",
    "REASONS",
    "REQUESTS_QUEUE",
    "SUBMIT_TASK",
    "TROUBLES",
    "WORKERS",
    "AccountRole",
    "ActionTexts",
    "Answer",
    "BadRequestError",
    "Checks",
    "DeviceFact",
    "EndReason",
    "Envelope",
    "Fact",
    "FactsType",
    "Feature",
    "FinaliseFact",
    "Fingerprint",
    "GapPlace",
    "HoldReason",
    "Kind",
    "KindRow",
    "Life",
    "NamedGap",
    "NextCommand",
    "OwnerFact",
    "Phase",
    "ReadingGaps",
    "Reason",
    "RefuseReason",
    "Request",
    "Service",
    "StatisticsFact",
    "Step",
    "UnknownKindError",
    "WaitReason",
    "Work",
    "action_payload",
    "canary_bytes",
    "canary_queue",
    "digest_of",
    "doorbell_bytes",
    "is_in_exchange",
    "kind_of",
    "new_job_id",
    "next_commands",
    "parse_envelope",
    "parse_request",
    "parse_work",
    "queue_of",
    "reason_text",
    "remedy_text",
    "steps_for",
    "task_id",
]
