"""Which kinds of job are actions: what was asked of one device."""

from exconn.contracts.names import Service
from exconn.contracts.work import KINDS, Checks, Kind

ACTION_KINDS: tuple[Kind, ...] = tuple(
    kind for kind, row in KINDS.items() if row.service is Service.ACTIONS and row.checks is not Checks.NONE
)


def is_action(kind: str) -> bool:
    """Whether jobs of a kind are actions; of a kind that this version does not know, nobody says so."""
    return kind in ACTION_KINDS
