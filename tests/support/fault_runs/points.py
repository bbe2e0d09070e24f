"""Where a process dies, or stands still, in the life of a wipe."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A place in the life of a wipe, and the failpoints of the code that lie there.

    A place without failpoints is hit from outside, at the moment that its name says.
    """

    name: str
    failpoints: tuple[str, ...] = ()
    #: Exchange has the wipe, and no worker that lives knows: here a phone may be back before anybody looks.
    leaves_doubt: bool = False


#: Exchange has executed the cmdlet, and its answer is still on the way.
SENT = Point("sent without an answer", leaves_doubt=True)
#: A worker stands still for longer than its lease, and wakes while another has the job.
FROZEN_BEFORE = Point("frozen before the cmdlet", ("action.before_cmdlet",))
FROZEN_SENT = Point("frozen while Exchange answers", leaves_doubt=True)
#: The projector is in the middle of the action's messages.
PROJECTING = Point("while the projector commits")

POINTS = (
    FROZEN_BEFORE,
    FROZEN_SENT,
    Point("before the insert is confirmed", ("ledger.insert.before_confirm",)),
    Point("after the insert", ("ledger.insert.done",)),
    Point("doorbell popped", ("bell.popped",)),
    Point("claimed", ("job.claimed",)),
    Point("before begin", ("action.before_begin",)),
    Point("after begin", ("action.issuing",)),
    SENT,
    Point("answered", ("action.answered",), leaves_doubt=True),
    Point("before settle", ("action.before_settle",)),
    Point("after settle", ("action.after_settle",)),
    # Only a worker that was lost before leaves something to read back.
    Point("during read-back", ("action.answered", "action.read_back"), leaves_doubt=True),
    Point("reconciler in the middle", ("reconcile.mid",)),
    PROJECTING,
)

#: Failpoints at which a process stands still; at all others it dies.
FREEZING = FROZEN_BEFORE.failpoints
#: Failpoints by the service in whose processes they lie.
IN_INTAKE = ("ledger.insert.before_confirm", "ledger.insert.done")
IN_COORDINATOR = ("reconcile.mid",)
IN_ACTIONS = tuple(
    sorted({name for point in POINTS for name in point.failpoints} - set(IN_INTAKE) - set(IN_COORDINATOR))
)
