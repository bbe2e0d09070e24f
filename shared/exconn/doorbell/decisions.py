"""What a handler decides about its job: plain values, applied to the ledger by the job task."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from exconn.contracts import HoldReason, WaitReason
from exconn.ledger import Outcome
from exconn.stream import Number


@dataclass(frozen=True)
class Settle:
    """The job ends. Without a number the outcome's own message is used.

    For the signed `request`, by its digest, nothing is issued any more.
    """

    outcome: Outcome | str
    phase: str = ""
    number: Number | None = None
    data: Mapping[str, object] = field(default_factory=dict)
    request: str = ""


@dataclass(frozen=True)
class Defer:
    """The job goes back until `delay` from now. An empty phase leaves the phase as it is.

    `failed` says that something went wrong: failures in a row are counted with the job, and a deferral without it
    starts the count anew. `awaits` names a trouble of the account, whose end makes the job due before. The message is
    written where it is news. `pre_image` is what an action was found with that needs no cmdlet.
    """

    delay: timedelta
    reason: WaitReason | None = None
    phase: str = ""
    number: Number = Number.JOB_WAITING
    data: Mapping[str, object] = field(default_factory=dict)
    failed: bool = False
    awaits: str = ""
    pre_image: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Hold:
    """The job waits for a person, with the reason. A release is for exactly that `subject`.

    `release_part` is a word for what does not hold of a release that stands with the job: `releases` are the others.
    """

    reason: HoldReason
    subject: str = ""
    phase: str = ""
    number: Number = Number.JOB_HELD
    data: Mapping[str, object] = field(default_factory=dict)
    release_part: str = ""
    releases: tuple[str, ...] = ()


@dataclass(frozen=True)
class AwaitChildren:
    """The list of children is complete; the job becomes due when the last of them has settled."""

    phase: str = ""


Decision = Settle | Defer | Hold | AwaitChildren
