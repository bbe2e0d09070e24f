"""Signs what this worker does and sees of one action, in one claim of it; without a key nothing is signed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from exconn.doorbell import Decision, Defer, Hold, Running, Settle
from exconn.ledger import Outcome
from exconn.signing import SigningKey
from exconn.signing.action_record import EXCHANGE_TIMES, ActionRecord, signed_record

#: Of the data of a message, what a record repeats: Exchange's times, and what kind of end it was.
_SAID = (*EXCHANGE_TIMES, "sent", "reason", "found", "read_back")


@dataclass
class ActionRecorder:
    """The records of one claim. `attempt` counts how often the action has begun."""

    running: Running
    key: SigningKey | None
    attempt: int

    @classmethod
    def of(cls, running: Running, key: SigningKey | None) -> "ActionRecorder":
        """For a claim that begins."""
        return cls(running, key, running.job.begun)

    def begins(self, phase: str) -> Mapping[str, str]:
        """The record of one more attempt."""
        self.attempt += 1
        return self._signed(phase)

    def recorded(self, decision: Decision) -> Decision:
        """A decision with the record of what it says; one that takes the action no further needs none."""
        job = self.running.job
        if isinstance(decision, Settle):
            outcome = Outcome(decision.outcome).value
            record = self._signed(decision.phase or job.phase, outcome, decision.data)
            return replace(decision, data={**decision.data, **record})
        if isinstance(decision, Defer | Hold) and decision.phase:
            return replace(decision, data={**decision.data, **self._signed(decision.phase, "", decision.data)})
        return decision

    def _signed(self, phase: str, outcome: str = "", data: Mapping[str, object] | None = None) -> dict[str, str]:
        job = self.running.job
        told = {name: value for name, value in (data or {}).items() if name in _SAID}
        said = {name: value for name, value in told.items() if value is None or isinstance(value, str | int)}
        record = ActionRecord(
            job=job.id,
            epoch=self.running.lease.epoch,
            attempt=self.attempt,
            device=job.device or "",
            phase=phase,
            outcome=outcome,
            said=said,
        )
        return signed_record(self.key, record)
