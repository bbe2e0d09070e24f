"""Whether what a message says of an action was signed by a worker of device actions.

Every service may write messages. One that says that an action was sent, or what became of it, carries the worker's
signed record; where that is missing, or is about something else, the message is shown and a finding raised, and the
action stays shown as it was.
"""

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from exconn.contracts import ACTION_KINDS, KINDS, Kind
from exconn.contracts.findings import FindingCode
from exconn.monitor.projector.findings import NumberFinding, raise_finding
from exconn.monitor.projector.job_rows import JobRow
from exconn.signing.action_record import EXCHANGE_TIMES, RecordError, read_record
from exconn.stream import Number, StatusMessage

_SETTLED = "settled"
#: What only a worker says, whatever the state.
_OF_WORKERS = frozenset(
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


def problem_of(message: StatusMessage, before: JobRow | None, key: Ed25519PublicKey) -> str:
    """What does not hold of what the message says of an action, in a word; empty when all does."""
    if message.kind not in ACTION_KINDS or not _takes_it_further(message, before):
        return ""
    try:
        record = read_record(key, message.data)
    except RecordError as exc:
        return exc.problem
    ended = str(message.data.get("outcome", "")) if message.state == _SETTLED else ""
    agreements = (
        ("job", record.job == message.job),
        ("epoch", record.epoch == message.epoch),
        ("phase", record.phase == message.phase),
        ("outcome", record.outcome == ended),
        ("attempt", message.number != Number.ISSUING or record.attempt == message.data.get("attempt")),
        ("times", all(record.said.get(name) == message.data.get(name) for name in EXCHANGE_TIMES)),
        ("device", before is None or not before["device"] or record.device == before["device"]),
    )
    return next((word for word, holds in agreements if not holds), "")


def _takes_it_further(message: StatusMessage, before: JobRow | None) -> bool:
    """Whether it says that the action is further than any but its worker can take it, or what Exchange shows."""
    if message.number in _OF_WORKERS or not message.data.keys().isdisjoint(EXCHANGE_TIMES):
        return True
    first = KINDS[Kind(message.kind)].life.first
    if message.phase in ("", first):
        return False
    return message.state == _SETTLED or before is None or before["phase"] != message.phase


def report(connection: Connection, stream: str, problems: Sequence[tuple[StatusMessage, str]]) -> None:
    """Raise a finding for each message that was not signed as it says."""
    for message, problem in problems:
        finding = NumberFinding(
            code=FindingCode.RECORD_NOT_SIGNED,
            stream=stream,
            low=message.sequence,
            high=message.sequence,
            text=_TEXTS.get(problem, _TEXTS["signature"]),
            remedy="find out who wrote it, and look at the action in Exchange",
        )
        raise_finding(connection, finding)


_TEXTS: Mapping[str, str] = {
    "missing": "messages {low} to {high} say what became of an action, and no worker signed them",
    "signature": "messages {low} to {high} say of an action what no worker signed",
}
