"""How an action in the ledger differs from what its messages tell of it (pure)."""

from collections.abc import Set
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from exconn.connector.definition import LONGEST_PAUSE
from exconn.contracts.reasons import WaitReason
from exconn.ledger import Outcome, State
from exconn.monitor.projector.job_rows import CLOCKS_APART
from exconn.monitor.tables import jobs

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

#: No action is put off for longer: what a definition can have one wait, and by what two machines' clocks may differ.
LONGEST_WAIT = LONGEST_PAUSE + timedelta(hours=1)
#: What is read of a row.
COLUMNS = (
    *(jobs.c.id, jobs.c.service, jobs.c.connector, jobs.c.state, jobs.c.phase, jobs.c.reason, jobs.c.outcome),
    *(jobs.c.valid_until, jobs.c.settled_at, jobs.c.end_stored_at, jobs.c.first_sequence, jobs.c.last_sequence),
)
_FOR_ITS_TIME, _FOR_THE_SWITCH = "time", "switch"


class JobDifference(StrEnum):
    """What is not so."""

    GONE = "gone"
    OTHERWISE = "otherwise"
    STANDS_STILL = "stands-still"
    CONNECTOR_REMOVED = "connector-removed"
    NOT_CANCELLED = "not-cancelled"
    TOO_EARLY = "too-early"


class KeptAction(NamedTuple):
    """What the ledger has of an action: `due` is its place in the order, `is_cancelled` what only intake writes."""

    state: str | None
    phase: str
    wait: str
    due: float | None
    is_cancelled: bool


def difference_of(row: "RowMapping", kept: KeptAction, removed: Set[str], now: datetime) -> JobDifference | None:
    """How the two differ at `now`; one that has ended may be gone, after its time, and one that is open may not."""
    if row["state"] == State.SETTLED:
        return _of_ended(row, kept)
    if kept.state is None:
        return JobDifference.GONE
    if kept.state == State.SETTLED or kept.phase != row["phase"]:
        return JobDifference.OTHERWISE
    if row["connector"] in removed:
        return JobDifference.CONNECTOR_REMOVED
    return None if _can_go_on(row, kept, now) else JobDifference.STANDS_STILL


def _of_ended(row: "RowMapping", kept: KeptAction) -> JobDifference | None:
    if kept.state is not None and kept.state != State.SETTLED:
        return JobDifference.OTHERWISE
    if row["outcome"] == Outcome.CANCELLED and not kept.is_cancelled:
        return JobDifference.NOT_CANCELLED
    return JobDifference.TOO_EARLY if row["outcome"] == Outcome.EXPIRED and _is_early(row) else None


def _is_early(row: "RowMapping") -> bool:
    """Whether its request was still valid when it ended: by the date that the message has, or when that was stored."""
    until, stored = row["valid_until"], row["end_stored_at"]
    if until is None:
        return False
    return bool(row["settled_at"] < until or (stored is not None and stored + CLOCKS_APART < until))


def _can_go_on(row: "RowMapping", kept: KeptAction, now: datetime) -> bool:
    """It has its place in the order, unless it waits for a person or for the kill switch, which is told."""
    if kept.state == State.HELD:
        return bool(row["state"] == State.HELD)
    if kept.state == State.WAITING and kept.wait == _FOR_THE_SWITCH:
        return bool(row["reason"] == WaitReason.KILL_SWITCH)
    if kept.state == State.WAITING and kept.wait != _FOR_ITS_TIME:
        return False
    return kept.due is not None and kept.due <= (now + LONGEST_WAIT).timestamp() * 1000
