"""Arming a feature: its preflight runs on the worker that holds the account, by command metadata only."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exconn.connector import ConnectorStore, guarded_parameters
from exconn.contracts import EndReason
from exconn.contracts.roles import Feature
from exconn.doorbell import Decision, Running, Settle
from exconn.exchange import report
from exconn.ledger import Outcome
from exconn.sessions.open import Sessions
from exconn.stream import Number

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True, kw_only=True)
class PreflightHandler:
    """Arms `feature` when its account has everything that the feature needs; else names what is missing."""

    sessions: Sessions
    client: "redis.Redis"
    feature: Feature

    def __call__(self, running: Running) -> Decision:
        job = running.job
        settings = guarded_parameters(self.sessions.definition(job.connector, 0))
        with self.sessions.open(job.connector, self.feature, need=running.need) as session:
            missing = report(session, [self.feature], settings=settings).missing
        if missing:
            said = " ".join(f"{each.said} {each.remedy}" for each in missing)
            data = {"reason": EndReason.RIGHTS_MISSING, "said": said, "feature": self.feature}
            return Settle(Outcome.FAILED, number=Number.PREFLIGHT_FAILED, data=data)
        if _was_cancelled(running):
            return Settle(Outcome.CANCELLED)
        running.surely_held()
        return self._arm(running)

    def _arm(self, running: Running) -> Decision:
        """Arm; and take it back where somebody disarmed meanwhile, which cancels this job before it disarms."""
        store, job, by = ConnectorStore(self.client), running.job, running.lease.worker
        store.arm(job.connector, self.feature, by, job=job.id)
        if _was_cancelled(running):
            store.disarm(job.connector, self.feature, by)
            return Settle(Outcome.CANCELLED)
        return Settle(Outcome.SUCCEEDED, data={"feature": self.feature})


def _was_cancelled(running: Running) -> bool:
    job = running.ledger.job(running.job.id)
    return job is None or job.cancel
