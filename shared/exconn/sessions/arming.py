"""Arming a feature: its preflight runs on the worker that holds the account, by command metadata only.

New rights show once the directory has replicated them, so what is missing is looked for again in sessions that are
signed in anew, for as long as that can take. Meanwhile the job waits like any other, and says what for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from exconn.connector import ConnectorStore
from exconn.contracts import EndReason, WaitReason
from exconn.contracts.roles import Feature
from exconn.doorbell import Decision, Defer, Running, Settle
from exconn.exchange import report
from exconn.ledger import Outcome
from exconn.sessions.open import Sessions
from exconn.stream import Number

if TYPE_CHECKING:
    import redis


#: Assumed: so long after the first look a domain controller may still not know of a role that was given.
PATIENCE = timedelta(minutes=15)
#: How often it is looked meanwhile.
LOOK_AGAIN = timedelta(seconds=30)
_SINCE = "missing_since"


@dataclass(frozen=True, kw_only=True)
class PreflightHandler:
    """Arms `feature` when its account has everything that the feature needs; names what is missing after `patience`."""

    sessions: Sessions
    client: "redis.Redis"
    feature: Feature
    patience: timedelta = PATIENCE
    look_again: timedelta = LOOK_AGAIN

    def __call__(self, running: Running) -> Decision:
        job = running.job
        settings = self.sessions.definition(job.connector, 0).policy.guarded()
        with self.sessions.open(job.connector, self.feature, need=running.need, anew=True) as session:
            missing = report(session, [self.feature], settings=settings).missing
        if missing:
            return self._lacking(running, " ".join(f"{each.said} {each.remedy}" for each in missing))
        if _was_cancelled(running):
            return Settle(Outcome.CANCELLED)
        running.surely_held()
        return self._arm(running)

    def _lacking(self, running: Running, said: str) -> Decision:
        """Look again later, or give up."""
        now = running.ledger.time()
        noted = running.job.notes.get(_SINCE)
        since = datetime.fromisoformat(str(noted)) if noted else now
        until = since + self.patience
        if now + self.look_again > until:
            data = {"reason": EndReason.RIGHTS_MISSING, "said": said, "feature": self.feature}
            return Settle(Outcome.FAILED, number=Number.PREFLIGHT_FAILED, data=data)
        if not noted:
            running.note({_SINCE: since.isoformat()})
        data = {"said": said, "feature": self.feature, "since": _clock(since), "until": _clock(until)}
        return Defer(self.look_again, WaitReason.RIGHTS_NOT_SHOWN_YET, number=Number.PREFLIGHT_WAITS, data=data)

    def _arm(self, running: Running) -> Decision:
        """Arm; and take it back where somebody disarmed meanwhile, which cancels this job before it disarms."""
        store, job, by = ConnectorStore(self.client), running.job, running.lease.worker
        store.arm(job.connector, self.feature, by, job=job.id)
        if _was_cancelled(running):
            store.disarm(job.connector, self.feature, by)
            return Settle(Outcome.CANCELLED)
        return Settle(Outcome.SUCCEEDED, data={"feature": self.feature})


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _was_cancelled(running: Running) -> bool:
    job = running.ledger.job(running.job.id)
    return job is None or job.cancel
