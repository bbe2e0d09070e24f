"""The life of a job that goes through phases: which phase may follow which, and when.

Handlers, the ledger's scripts, coordinator, monitor and command line all read these tables, and the drawings in the
documentation are made from them. A phase is not a state: a job in any phase can be queued, claimed, waiting or held.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """How far the work on a job has come. Jobs of most kinds have no phases."""

    NONE = ""
    ACCEPTED = "accepted"
    ISSUING = "issuing"
    ISSUED = "issued"
    SENT = "sent"
    CANCELLING = "cancelling"
    ACKNOWLEDGED = "acknowledged"
    #: Sent to a client that never reports.
    UNREPORTED = "unreported"
    VERIFIED = "verified"
    CLOSED = "closed"
    LISTED = "listed"


@dataclass(frozen=True, kw_only=True)
class Life:
    """The phases of one kind of job.

    `moves` says of each phase which ones may follow it, and when, the regular one first; a phase may always stay.
    `in_exchange` are those in which Exchange has the action: looks go on, whatever became of the requester's key or of
    the arming.
    """

    first: Phase = Phase.NONE
    moves: Mapping[Phase, Mapping[Phase, str]]
    in_exchange: frozenset[Phase] = frozenset()

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Every phase, the first one first."""
        found = dict.fromkeys((self.first, *self.moves))
        return tuple(found | dict.fromkeys(after for moves in self.moves.values() for after in moves))

    @property
    def way(self) -> tuple[Phase, ...]:
        """The phases of a job that goes regularly, from the first to the last."""
        found = [self.first]
        while after := next((phase for phase in self.moves.get(found[-1], ()) if phase not in found), None):
            found.append(after)
        return tuple(found)

    @property
    def ends(self) -> frozenset[Phase]:
        """The phases that nothing follows."""
        return frozenset(phase for phase in self.phases if not self.moves.get(phase))

    def may_follow(self, before: str, after: str) -> bool:
        """Whether a job may go from one phase to another, or stay."""
        return before == after or any(before == phase and after in moves for phase, moves in self.moves.items())

    def drawing(self) -> Iterator[str]:
        """The lines of a state diagram, in Mermaid's language."""
        yield "stateDiagram-v2"
        yield f"    [*] --> {self.first or 'begun'}"
        for before, moves in self.moves.items():
            for after, when in moves.items():
                yield f"    {before or 'begun'} --> {after}: {when}"
        for phase in self.phases:
            if phase in self.ends:
                yield f"    {phase} --> [*]"


_ENDED_BEFORE = "refused, gone or cancelled before it was issued"
_ENDED_AFTER = "the partnership is gone, or the wipe was taken back"

#: A job without phases.
NO_PHASES = Life(moves={})
#: A sweep: its list is complete, its parts are under way.
SWEEP_LIFE = Life(moves={Phase.NONE: {Phase.LISTED: "every owner is handed out"}})
#: Writing policy: once it has begun, it is read back.
POLICY_LIFE = Life(moves={Phase.NONE: {Phase.ISSUING: "begin"}})
#: A full wipe, until the device acknowledges it, or was sent it and never reports.
WIPE_LIFE = Life(
    first=Phase.ACCEPTED,
    moves={
        Phase.ACCEPTED: {
            Phase.ISSUING: "begin",
            Phase.ISSUED: "a wipe is pending already",
            Phase.CLOSED: _ENDED_BEFORE,
        },
        Phase.ISSUING: {
            Phase.ISSUED: "Exchange answered, or shows the wipe",
            Phase.CLOSED: _ENDED_BEFORE,
        },
        Phase.ISSUED: {
            Phase.SENT: "Exchange sent it to the device",
            Phase.CANCELLING: "begin of a cancellation",
            Phase.ACKNOWLEDGED: "the device acknowledged",
            Phase.UNREPORTED: "sent to Outlook, seen after the deadline only",
            Phase.ISSUING: "begin anew, released after it was taken back",
            Phase.CLOSED: _ENDED_AFTER,
        },
        Phase.SENT: {
            Phase.ACKNOWLEDGED: "the device acknowledged",
            Phase.UNREPORTED: "Outlook, which never reports, had time to",
            Phase.CANCELLING: "begin of a cancellation",
            Phase.ISSUING: "begin anew, released after it was taken back",
            Phase.ISSUED: "somebody else asked for it anew",
            Phase.CLOSED: _ENDED_AFTER,
        },
        Phase.CANCELLING: {
            Phase.ACKNOWLEDGED: "the device had it already",
            Phase.CLOSED: _ENDED_AFTER,
        },
    },
    in_exchange=frozenset({Phase.ISSUED, Phase.SENT, Phase.CANCELLING}),
)
#: Blocking or allowing a device: Exchange decides at once, and its lists show it.
ACCESS_LIFE = Life(
    first=Phase.ACCEPTED,
    moves={
        Phase.ACCEPTED: {
            Phase.ISSUING: "begin",
            Phase.VERIFIED: "the lists are so already",
            Phase.CLOSED: _ENDED_BEFORE,
        },
        Phase.ISSUING: {
            Phase.VERIFIED: "the lists were read back",
            Phase.CLOSED: "refused, gone or cancelled, and not shown in Exchange",
        },
    },
)
