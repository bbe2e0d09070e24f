"""The fence: may this partnership still be wiped, for the request as it was accepted?

Pure: decides on two fingerprints. Exchange's dates are compared with Exchange's dates only.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from exconn.contracts import Fingerprint


class Verdict(StrEnum):
    """What the fence says."""

    GO = "go"
    REFUSE = "refuse"
    HOLD = "hold"


@dataclass(frozen=True)
class Ruling:
    """A verdict, with the reason in words and the fields that differ."""

    verdict: Verdict
    reason: str = ""
    differences: tuple[str, ...] = ()


_GO = Ruling(Verdict.GO)


def judge(meant: Fingerprint, found: Fingerprint, *, released: bool = False) -> Ruling:
    """Compare the partnership that was meant with the one found right before the cmdlet.

    Refused: it was created anew since, or acknowledged a wipe since. Held: it differs otherwise; a person who saw both
    fingerprints may release it (`released`).
    """
    if _acknowledged_since(meant, found):
        return Ruling(Verdict.REFUSE, "the device acknowledged a wipe since the request")
    if _later(found.created, meant.created) or _later(found.first_sync, meant.first_sync):
        return Ruling(Verdict.REFUSE, "the partnership was created after the request")
    differences = meant.differences(found)
    if differences and not released:
        return Ruling(Verdict.HOLD, "fingerprint", differences)
    return _GO


def _acknowledged_since(meant: Fingerprint, found: Fingerprint) -> bool:
    if found.last_acknowledged is None:
        return False
    return meant.last_acknowledged is None or found.last_acknowledged > meant.last_acknowledged


def _later(found: datetime | None, meant: datetime | None) -> bool:
    """Whether `found` is provably later; a date that was not shown before proves nothing."""
    return found is not None and meant is not None and found > meant
