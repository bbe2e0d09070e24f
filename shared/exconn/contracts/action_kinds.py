"""Which kinds of job are actions: what was asked of one device."""

from exconn.contracts.kinds import ACTIONS
from exconn.contracts.work import Kind

ACTION_KINDS: tuple[Kind, ...] = tuple(ACTIONS)


def is_action(kind: str) -> bool:
    """Whether jobs of a kind are actions; of a kind that this version does not know, nobody says so."""
    return kind in ACTION_KINDS
