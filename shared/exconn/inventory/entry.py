"""A device as the register knows it."""

from dataclasses import dataclass
from datetime import date, datetime

from exconn.contracts import ClientClass, Fingerprint, client_class


@dataclass(frozen=True, kw_only=True)
class RegisterEntry:
    """What decisions are made on. Words that are not kept are empty; Exchange's dates are aware UTC.

    `listed_at` and `statistics_at` are the server's times of the last folds of the directory's part and of the
    mailbox's part (whole seconds). `seen_at` is the older one: since then all of the entry was read, the
    acknowledgement in its fingerprint included. It is 1970 while the statistics were never read.
    """

    guid: str
    owner: str | None
    fingerprint: Fingerprint
    access_state: str
    access_state_reason: str
    personally_allowed: bool
    personally_blocked: bool
    last_sync_day: date | None
    sweep: int
    device_type: str
    model: str
    os: str
    user_agent: str
    client_type: str
    wipe_requestor: str
    account_wipe_requested: datetime | None
    account_wipe_sent: datetime | None
    account_wipe_acknowledged: datetime | None
    account_wipe_requestor: str
    listed_at: datetime
    statistics_at: datetime | None
    seen_at: datetime

    @property
    def client(self) -> ClientClass:
        """The class of its client, as far as the words were kept."""
        return client_class(
            device_type=self.device_type, model=self.model, user_agent=self.user_agent, client_type=self.client_type
        )


@dataclass(frozen=True, kw_only=True)
class PagePlace:
    """Where a page belongs: the connector, the sweep's number, and the generation of the list.

    `generation` is checked for the job that lists; a partition carries its generation in its own job.
    """

    connector: str
    sweep: int
    generation: int | None = None


@dataclass(frozen=True, kw_only=True)
class Folded:
    """What became of a page: how many facts were new or different, and how many named an unlisted device."""

    changed: int
    unknown: int = 0
