"""The numbers under which a kind of action tells how far it is."""

from dataclasses import dataclass

from exconn.stream import Number


@dataclass(frozen=True, kw_only=True)
class ActionNumbers:
    """What is said when Exchange has taken the action, when it has succeeded, and when its partnership is gone.

    Unless a kind has numbers of its own, the texts name it by its label.
    """

    issued: Number = Number.ACTION_ISSUED
    succeeded: Number = Number.ACTION_VERIFIED
    gone: Number = Number.ACTION_GONE
