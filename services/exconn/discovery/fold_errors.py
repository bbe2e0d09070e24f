"""Jobs that fold pages into the register: what becomes of one whose page was not folded, by the type of the error."""

from dataclasses import dataclass
from datetime import timedelta

from exconn.contracts import EndReason, WaitReason
from exconn.doorbell import Decision, Defer, Handler, Running, Settle
from exconn.inventory import (
    BackPressure,
    FoldLeaseLostError,
    RegisterFullError,
    RegisterOutOfReachError,
    Superseded,
)
from exconn.ledger import LeaseLostError, Outcome

#: Long enough for a reader that lives to catch up, short enough to go on soon after.
PRESSURE_PAUSE = timedelta(seconds=15)
FULL_PAUSE = timedelta(minutes=1)
REACH_PAUSE = timedelta(seconds=5)


@dataclass(frozen=True)
class FoldingHandler:
    """A handler that folds: a list that no longer counts ends its job, a register that cannot take more defers it."""

    handler: Handler

    def __call__(self, running: Running) -> Decision:
        try:
            return self.handler(running)
        except FoldLeaseLostError as exc:
            raise LeaseLostError(running.job.id, "fold") from exc
        except Superseded as exc:
            return Settle(Outcome.CANCELLED, data={"reason": EndReason.NO_LONGER_COUNTED, "cause": exc.reason})
        except BackPressure as exc:
            return Defer(PRESSURE_PAUSE, WaitReason.MONITOR_BEHIND, data={"unread": exc.length})
        except RegisterFullError:
            return Defer(FULL_PAUSE, WaitReason.REGISTER_FULL)
        except RegisterOutOfReachError:
            return Defer(REACH_PAUSE, WaitReason.REGISTER_UNREACHABLE)
