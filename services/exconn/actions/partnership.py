"""The fence: may this partnership still be wiped, for the request as it was accepted?

Pure: decides on fingerprints. Exchange's dates are compared with Exchange's dates only.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from exconn.contracts import Fingerprint

#: What a held action says of a device whose mailbox Exchange does not show.
NO_MAILBOX = (
    "Exchange shows no mailbox for the device (disabled, removed, or out of the account's scope);"
    " while that is so a wipe cannot reach it"
)


class Verdict(StrEnum):
    """What the fence says."""

    GO = "go"
    REFUSE = "refuse"
    HOLD = "hold"


@dataclass(frozen=True)
class Ruling:
    """A verdict, with the reason in words and the fields that differ.

    The reason of a hold names the pair of fingerprints that was compared: a release of it is for that pair alone.
    """

    verdict: Verdict
    reason: str = ""
    differences: tuple[str, ...] = ()


_GO = Ruling(Verdict.GO)


def judge(meant: Fingerprint, found: Fingerprint) -> Ruling:
    """Compare the partnership that was meant with the one found right before the cmdlet.

    Refused: it was created anew since, or acknowledged a wipe since. Held: it differs otherwise, or its mailbox is
    not shown.
    """
    if _acknowledged_since(meant, found):
        return Ruling(Verdict.REFUSE, "the device acknowledged a wipe since the request")
    if _later(found.created, meant.created) or _later(found.first_sync, meant.first_sync):
        return Ruling(Verdict.REFUSE, "the partnership was created after the request")
    return _held_if_different(meant, found)


def judge_late(known: Fingerprint | None, found: Fingerprint) -> Ruling:
    """The same for a first look that came long after the request.

    `known` was read before the request, nobody can say how long: what differs from it may have changed before the
    request or after it, so a person must look. What does not differ is what was meant.
    """
    if known is None:
        return Ruling(Verdict.HOLD, f"{_name(found, found)}: nothing tells what it was when it was asked for")
    return _held_if_different(known, found)


def _held_if_different(meant: Fingerprint, found: Fingerprint) -> Ruling:
    differences = tuple(name for name in meant.differences(found) if name != "mailbox" or meant.mailbox)
    if not found.mailbox:
        return Ruling(Verdict.HOLD, f"{_name(meant, found)}: {NO_MAILBOX}", differences)
    if differences:
        return Ruling(Verdict.HOLD, f"{_name(meant, found)}: differs in {', '.join(differences)}", differences)
    return _GO


def _name(meant: Fingerprint, found: Fingerprint) -> str:
    pair = f"{meant.model_dump_json()} {found.model_dump_json()}"
    return f"fingerprint {hashlib.sha256(pair.encode()).hexdigest()[:12]}"


def _acknowledged_since(meant: Fingerprint, found: Fingerprint) -> bool:
    if found.last_acknowledged is None:
        return False
    return meant.last_acknowledged is None or found.last_acknowledged > meant.last_acknowledged


def _later(found: datetime | None, meant: datetime | None) -> bool:
    """Whether `found` is provably later; a date that was not shown before proves nothing."""
    return found is not None and meant is not None and found > meant
