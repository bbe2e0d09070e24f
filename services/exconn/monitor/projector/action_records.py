"""Whether a message is about the job that it names, and whether what it says of an action was signed by its worker.

Every service may write messages. What a job is, its id says: a message of another kind is about none, and nothing is
asked for twice under one id. One that says that an action was sent, or what became of it, carries the worker's
signed record; where that is missing, or is about something else, the message is shown and a finding raised, and the
action stays shown as it was.
"""

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from exconn.audit.steps import ENDED_BY_OTHERS, OF_WORKERS, SETTLED, disagreement
from exconn.contracts import ACTION_KINDS, KINDS, Kind, Phase, kind_of
from exconn.contracts.findings import FindingCode
from exconn.monitor.projector.findings import NumberFinding, raise_finding
from exconn.monitor.projector.job_rows import JobRow, subject_of
from exconn.signing.action_record import EXCHANGE_TIMES, RecordError, read_record
from exconn.stream import Number, StatusMessage


def problem_of(message: StatusMessage, before: JobRow | None, key: Ed25519PublicKey | None) -> str:
    """What does not hold of what the message says of a job, in a word; empty when all does.

    Without the public key of device actions, what workers signed is not looked at.
    """
    if not _is_of_its_kind(message):
        return "kind"
    if message.number == Number.JOB_QUEUED:
        return "again" if before is not None else ""
    if key is None or message.kind not in ACTION_KINDS or not _takes_it_further(message, before):
        return ""
    try:
        record = read_record(key, message.data)
    except RecordError as exc:
        return exc.problem
    said = {"job": message.job, "epoch": message.epoch, "phase": message.phase, "outcome": _outcome_of(message)}
    if differs := disagreement(record, number=message.number, said=said, data=message.data):
        return differs
    agreements = (
        ("not_begun", not _skips_its_begin(message, before) or record.said.get("found") is True),
        ("device", before is None or not before["device"] or record.device == before["device"]),
    )
    return next((word for word, holds in agreements if not holds), "")


def _is_of_its_kind(message: StatusMessage) -> bool:
    """Whether it says of its job the kind that the job's id says.

    What became of a connector is told with the job that did it, and no kind: that is never an action.
    """
    subject = subject_of(message)
    if not subject:
        return True
    kind = kind_of(subject)
    if message.job and not message.kind and not message.state:
        return kind not in ACTION_KINDS
    return kind == (message.kind if message.job else Kind.SWEEP)


def _takes_it_further(message: StatusMessage, before: JobRow | None) -> bool:
    """Whether it says that the action is further than any but its worker can take it, or what Exchange shows."""
    if message.number in OF_WORKERS or not message.data.keys().isdisjoint(EXCHANGE_TIMES):
        return True
    first = KINDS[Kind(message.kind)].life.first
    if message.phase in ("", first):
        return message.state == SETTLED and _outcome_of(message) not in ENDED_BY_OTHERS
    return message.state == SETTLED or before is None or before["phase"] != message.phase


def _skips_its_begin(message: StatusMessage, before: JobRow | None) -> bool:
    """Whether it says what became of an action in Exchange whose messages, which are all known, tell no begin."""
    if before is None or before["queued_at"] is None:
        return False
    first = KINDS[Kind(message.kind)].life.first
    return before["phase"] == first and message.phase not in ("", first, Phase.ISSUING, Phase.CLOSED)


def _outcome_of(message: StatusMessage) -> str:
    return str(message.data.get("outcome", "")) if message.state == SETTLED else ""


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
    "kind": "{messages} tell{s} of a job under another kind than its own",
    "again": "{messages} say{s} of a job that it was asked for again",
    "not_begun": "{messages} say{s} that an action is in Exchange which was never begun",
    "missing": "{messages} say{s} what became of an action, and no worker signed them",
    "signature": "{messages} say{s} of an action what no worker signed",
}
