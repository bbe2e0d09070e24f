"""Whether what a message says of an action was signed by the device-action worker.

Every service may write messages, and a message that is in the log as it came is whole: who wrote it, only this tells.
"""

import re
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.contracts import ACTION_KINDS, KINDS, Kind, kind_of
from exconn.signing.action_record import EXCHANGE_TIMES, ActionRecord, RecordError, read_record
from exconn.stream import Number

#: What only a worker says, whatever the state.
OF_WORKERS = frozenset(
    {
        Number.ISSUING,
        Number.WIPE_ISSUED,
        Number.WIPE_SENT,
        Number.WIPE_ACKNOWLEDGED,
        Number.WIPE_UNREPORTED,
        Number.PARTNERSHIP_GONE,
        Number.ACTION_ISSUED,
        Number.ACTION_VERIFIED,
        Number.ACTION_GONE,
    }
)
#: How an action ends without its worker, before it has begun.
ENDED_BY_OTHERS = frozenset({"cancelled", "expired"})
SETTLED = "settled"
#: Of what is said of a message, its job or kind where these are of an action: nearly all others are told apart by it.
_OF_ACTIONS = re.compile(rf"\0(?:{'|'.join(ACTION_KINDS)})[-\0]")


def may_be_step(told: str) -> bool:
    """Whether a message of which this is said may be about an action."""
    return _OF_ACTIONS.search(told) is not None


def problem_of_row(key: Ed25519PublicKey, row: Mapping[str, Any]) -> str:
    """What does not hold of a message's row as no worker has signed it, in a word; empty when all does.

    Judged is what the message says by itself: a step that only its worker takes, Exchange's dates, or an end.
    """
    job, kind, data = str(row.get("job", "")), str(row.get("kind", "")), row.get("data")
    is_of_action = kind in ACTION_KINDS or kind_of(job) in ACTION_KINDS
    if not is_of_action or not isinstance(data, Mapping):
        return ""
    outcome = str(data.get("outcome", "")) if row.get("state") == SETTLED else ""
    is_end = row.get("state") == SETTLED and not (_is_unbegun(kind, row.get("phase")) and outcome in ENDED_BY_OTHERS)
    if not is_end and row.get("number") not in OF_WORKERS and data.keys().isdisjoint(EXCHANGE_TIMES):
        return ""
    if kind_of(job) != kind:
        return "kind"
    try:
        record = read_record(key, data)
    except RecordError as exc:
        return exc.problem
    said = {"job": job, "epoch": row.get("epoch"), "phase": row.get("phase"), "outcome": outcome}
    return disagreement(record, number=row.get("number"), said=said, data=data)


def _is_unbegun(kind: str, phase: object) -> bool:
    return phase == "" or (kind in ACTION_KINDS and phase == KINDS[Kind(kind)].life.first)


def disagreement(
    record: ActionRecord, *, number: object, said: Mapping[str, object], data: Mapping[str, object]
) -> str:
    """In which of job, epoch, phase and outcome (`said`), attempt or times a record differs from its message.

    `data` are the message's; empty where they agree.
    """
    agreements = (
        *((name, getattr(record, name) == value) for name, value in said.items()),
        ("attempt", number != Number.ISSUING or record.attempt == data.get("attempt")),
        ("times", all(record.said.get(name) == data.get(name) for name in EXCHANGE_TIMES)),
    )
    return next((word for word, holds in agreements if not holds), "")
