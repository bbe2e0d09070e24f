"""What calls of the ledger answer."""

from dataclasses import dataclass

from exconn.ledger.job import Job
from exconn.ledger.lease import Lease
from exconn.ledger.mark import Mark


@dataclass(frozen=True, kw_only=True)
class Inserted:
    """The answer to an insert: the job, and whether this call made it.

    `ring` is 0 when nobody is to be woken now; with `head` its doorbell goes before those that lie in the queue.
    """

    job_id: str
    created: bool
    state: str
    ring: int
    head: bool = False


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job and the lease on it."""

    job: Job
    lease: Lease


@dataclass(frozen=True, kw_only=True)
class LookBack:
    """What a look at the record found: its newest message, and what speaks against trusting it."""

    newest: Mark
    #: It lacks what others remember of it.
    was_set_back: bool
    #: Another server, which was a replica, answers for the ledger now.
    was_taken_over: bool
    #: Every kill switch was turned on.
    paused: bool
