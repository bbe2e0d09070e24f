"""The partnership check: is it still the partnership that was meant when the request was accepted?

Pure: decides on fingerprints. Exchange's dates are compared with Exchange's dates only.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from exconn.contracts import Fingerprint, HoldReason, RefuseReason


@dataclass(frozen=True)
class Ruling:
    """What speaks against going on: nothing, a reason to refuse, or one to hold; and the fields that differ.

    `pair` is a digest of the two fingerprints that were compared: the release of a hold is for that pair alone.
    """

    reason: RefuseReason | HoldReason | None = None
    pair: str = ""
    differences: tuple[str, ...] = ()


_GO = Ruling()


def judge(meant: Fingerprint, found: Fingerprint) -> Ruling:
    """Compare what an earlier look of this action let pass with what is found right before the cmdlet.

    That look came after the request. Refused: it was created anew since, or acknowledged a wipe since. Held: it differs
    otherwise, or its mailbox is not shown any more.
    """
    if _acknowledged_since(meant, found):
        return Ruling(RefuseReason.ACKNOWLEDGED_SINCE)
    if _later(found.created, meant.created) or _later(found.first_sync, meant.first_sync):
        return Ruling(RefuseReason.ENROLLED_SINCE)
    if meant.mailbox and not found.mailbox:
        return Ruling(HoldReason.NO_MAILBOX, _pair(meant, found), _differences(meant, found))
    return _held_if_different(meant, found)


def judge_first_look(known: Fingerprint | None, found: Fingerprint) -> Ruling:
    """Compare what the register knew at acceptance with what an action's first look finds, however soon it comes.

    `known` was read before the request: what differs from it may have changed before the request or after it, and
    nothing tells which, so a person must look. What does not differ is what was meant.
    """
    if known is None:
        return Ruling(HoldReason.UNKNOWN_BEFORE, _pair(found, found))
    if not found.mailbox:
        return Ruling(HoldReason.NO_MAILBOX, _pair(known, found), _differences(known, found))
    return _held_if_different(known, found)


def _held_if_different(meant: Fingerprint, found: Fingerprint) -> Ruling:
    differences = _differences(meant, found)
    if differences:
        return Ruling(HoldReason.PARTNERSHIP_DIFFERS, _pair(meant, found), differences)
    return _GO


def _differences(meant: Fingerprint, found: Fingerprint) -> tuple[str, ...]:
    """The fields that differ; a mailbox that was not known is none."""
    return tuple(name for name in meant.differences(found) if name != "mailbox" or meant.mailbox)


def _pair(meant: Fingerprint, found: Fingerprint) -> str:
    pair = f"{meant.model_dump_json()} {found.model_dump_json()}"
    return hashlib.sha256(pair.encode()).hexdigest()[:12]


def _acknowledged_since(meant: Fingerprint, found: Fingerprint) -> bool:
    if found.last_acknowledged is None:
        return False
    return meant.last_acknowledged is None or found.last_acknowledged > meant.last_acknowledged


def _later(found: datetime | None, meant: datetime | None) -> bool:
    """Whether `found` is provably later; a date that was not shown before proves nothing."""
    return found is not None and meant is not None and found > meant
