"""Arming a feature: its preflight runs on the worker that holds the account, by command metadata only."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exconn.connector import ConnectorStore, Feature
from exconn.doorbell import Decision, Running, Settle
from exconn.exchange import report
from exconn.ledger import Outcome
from exconn.sessions.sessions import Sessions
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
        with self.sessions.open(job.connector, self.feature) as session:
            missing = report(session, [self.feature]).missing
        if missing:
            data = {"reason": " ".join(entry.remedy for entry in missing), "feature": self.feature}
            return Settle(Outcome.FAILED, number=Number.PREFLIGHT_FAILED, data=data)
        ConnectorStore(self.client).arm(job.connector, self.feature, running.lease.worker, job=job.id)
        return Settle(Outcome.SUCCEEDED, data={"feature": self.feature})
