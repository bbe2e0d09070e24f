"""The ledger: one record per job, changed only by scripts that also say what happened."""

from exconn.ledger.account_troubles import AccountTrouble, AccountTroubles
from exconn.ledger.answers import Claim, Inserted
from exconn.ledger.bounds import LEASE
from exconn.ledger.confirm import Confirm, durability
from exconn.ledger.errors import (
    HasBegunError,
    IdempotencyMismatchError,
    IllegalCallError,
    IllegalMoveError,
    LeaseLostError,
    LedgerError,
    LedgerFullError,
    LedgerOutOfReachError,
    NewerJobError,
    OpenActionError,
    Stopped,
    TooManyHeldError,
    UnconfirmedError,
    UnknownParentError,
)
from exconn.ledger.job import CHECKS, TRANSITIONS, Job, Limits, NewJob, Outcome, State, Wait, Window
from exconn.ledger.lease import Lease
from exconn.ledger.ledger import Ledger
from exconn.ledger.mark import Mark
from exconn.ledger.proven import NOTHING_PROVEN, Proven
from exconn.ledger.rings import Ring, Room

__all__ = [
    "CHECKS",
    "LEASE",
    "NOTHING_PROVEN",
    "TRANSITIONS",
    "AccountTrouble",
    "AccountTroubles",
    "Claim",
    "Confirm",
    "HasBegunError",
    "IdempotencyMismatchError",
    "IllegalCallError",
    "IllegalMoveError",
    "Inserted",
    "Job",
    "Lease",
    "LeaseLostError",
    "Ledger",
    "LedgerError",
    "LedgerFullError",
    "LedgerOutOfReachError",
    "Limits",
    "Mark",
    "NewJob",
    "NewerJobError",
    "OpenActionError",
    "Outcome",
    "Proven",
    "Ring",
    "Room",
    "State",
    "Stopped",
    "TooManyHeldError",
    "UnconfirmedError",
    "UnknownParentError",
    "Wait",
    "Window",
    "durability",
]
