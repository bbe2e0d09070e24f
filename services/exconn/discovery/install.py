"""The installation of a connector: prove that discovery can work, learn which organization it is, say 1015.

A failure is announced and tried again after an hour, for ever, as Configuration Manager's connector does; a new
definition makes the waiting job due at once, and one that is applied meanwhile has its servers asked anew. Safe to run
twice: installing an installed connector changes and announces nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from exconn.connector import ConnectorError, ConnectorStore, NewerDefinitionError, UnknownConnectorError
from exconn.contracts import EndReason, WaitReason
from exconn.doorbell import Decision, Defer, Running, Settle
from exconn.exchange import AccountTroubled, ExchangeError, Gaps, NoSeat, ServiceEnded, Throttled, report
from exconn.ledger import Outcome
from exconn.sessions import Sessions
from exconn.stream import Number

AGAIN_AFTER = timedelta(minutes=60)


class AccountLacksError(Exception):
    """The account cannot do what discovery needs; the text names each cmdlet and a role to look at."""

    def __init__(self, remedies: tuple[str, ...]) -> None:
        self.remedies = remedies
        super().__init__("the discovery account lacks rights. " + " ".join(remedies))


@dataclass(frozen=True, kw_only=True)
class InstallHandler:
    """Installs the connector of its job."""

    sessions: Sessions
    store: ConnectorStore

    def __call__(self, running: Running) -> Decision:
        connector = running.job.connector
        try:
            revision = self.store.get(connector).revision
            organization = self._asked(running, revision)
            worker, job = running.lease.worker, running.job.id
            self.store.set_installed(connector, organization, worker, job=job, revision=revision)
        except NewerDefinitionError:
            return Defer(timedelta(0), WaitReason.NEWER_DEFINITION)
        except UnknownConnectorError:
            return Settle(Outcome.CANCELLED, data={"reason": EndReason.CONNECTOR_REMOVED})
        except (NoSeat, Throttled):
            raise
        except ServiceEnded as exc:
            self.store.set_last_error(connector, str(exc))
            return Settle(Outcome.FAILED, data={"reason": EndReason.SERVICE_ENDED, **_told(exc)})
        except AccountTroubled as exc:
            if exc.__cause__ is None:
                raise  # Not tried: another job of the account does, or did a moment ago.
            return self._failed(running, exc.__cause__, awaits=exc.trouble)
        except (AccountLacksError, ConnectorError, ExchangeError) as exc:
            return self._failed(running, exc)
        # The store has announced 1015 for this job, in the call that installed the connector.
        return Settle(Outcome.SUCCEEDED, data={"status_id": int(Number.INSTALLED), "organization": organization})

    def _asked(self, running: Running, revision: int) -> str:
        """The organization. Raises NewerDefinitionError for a failure of servers that are not the definition's now."""
        connector = running.job.connector
        try:
            return self._organization(running)
        except (AccountLacksError, ConnectorError, ExchangeError) as exc:
            newest = self.store.get(connector).revision
            if newest != revision:
                raise NewerDefinitionError(connector, revision, newest) from exc
            raise

    def _organization(self, running: Running) -> str:
        gaps = Gaps()
        # A person may just have corrected what kept a server from answering.
        with self.sessions.open(running.job.connector, "discovery", need=running.need, insistent=True) as session:
            missing = report(session, ["discovery"]).missing
            if missing:
                raise AccountLacksError(tuple(f"{each.said} {each.remedy}" for each in missing))
            organization = session.organization_settings(gaps).guid
        if gaps.total:
            running.log.warning("errors beside the organization", count=gaps.total, kinds=gaps.by_kind)
        return organization

    def _failed(self, running: Running, error: BaseException, *, awaits: str = "") -> Decision:
        running.log.warning("installation failed", error=type(error).__name__, detail=str(error))
        self.store.set_last_error(running.job.connector, str(error))
        running.announce_failure(error)
        return Defer(
            AGAIN_AFTER,
            WaitReason.INSTALL_FAILED,
            number=Number.INSTALL_FAILED,
            data=_told(error),
            failed=True,
            awaits=awaits,
        )


def _told(error: BaseException) -> dict[str, object]:
    return {"error": type(error).__name__, "said": str(error)}
