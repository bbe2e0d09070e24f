"""The ledger as the model sees it: jobs, the kill switch, the breaker's tokens.

Only what decides is kept. Time is due or lapsed; a token is whether the caller is the one that holds the job; indexes
follow from the jobs, and the comparison with the real scripts checks that they do.
"""

from typing import NamedTuple

MOST_CRASHES = 3
MOST_MARKED_LOOKS = 5
#: So many parts of a sweep may be under way.
CREDIT = 1
#: Higher counts decide nothing more.
MOST_BEGUN = 1
#: Who asks for every wipe where nothing else is said, another one who asks, and who turns the kill switch on.
REQUESTER, OTHER, PAUSER = "desk", "boss", "model"
#: The phones of worlds in which several wipes are asked for one.
PHONES = ("first phone", "second phone")
#: Phases in which Exchange has the wipe.
IN_EXCHANGE = frozenset({"issued", "sent", "cancelling"})
BRAKES = frozenset({"breaker", "quota"})
CANCELLATIONS = frozenset({"cancel_refused", "cancel_without_effect", "cancel_not_as_signed", "cancel_wanted"})


class Job(NamedTuple):
    """A job; `lapsed` once the lease of the worker that has it ran out. `begun` is 1 once there is a record of it."""

    state: str = "queued"
    wait: str = ""
    phase: str = "accepted"
    cancel: bool = False
    begun: int = 0
    crashes: int = 0
    lapsed: bool = False
    reason: str = ""
    outcome: str = ""
    grant: bool = False
    grant_used: bool = False
    marked_looks: int = 0
    #: The place of its parent among the jobs.
    parent: int = -1
    generation: int = 0
    own_generation: int = 0
    pending: int = 0
    unread: int = 0
    sealed: bool = False
    credit: bool = False
    requester: str = REQUESTER
    #: One of `PHONES`; without one, it has a phone of its own.
    phone: str = ""
    #: What its requester signed, by number; of 0 the worker says nothing to the ledger.
    nonce: int = 0
    #: Whether it is on another connector of the same organization, whose kill switch is off.
    elsewhere: bool = False
    #: Whether a fallen service wrote limits into it by which it passes every brake.
    widened: bool = False

    @property
    def is_to_begin(self) -> bool:
        """Whether it is a wipe that has not begun, and that Exchange does not have either."""
        return bool(self.phase) and self.begun == 0 and self.phase not in IN_EXCHANGE

    @property
    def is_leased(self) -> bool:
        """Whether its every write needs the lease: a sweep, or a part of one. These have no phase here."""
        return not self.phase


class Issued(NamedTuple):
    """For which job, by its place, what was signed was issued, and whether that has ended."""

    place: int
    ended: bool = False


class Ledger(NamedTuple):
    """Everything that calls look at. `places` is how many wipes the breaker still lets through; None: it is open.

    `most_open` is how many a requester may have open; None: no matter. `first` turned the kill switch on since it was
    off, `again` says that another one did so too. `issued` has an entry for each nonce, in their order.
    """

    jobs: tuple[Job, ...] = ()
    running: bool = True
    places: int | None = None
    most_open: int | None = None
    first: str = ""
    again: bool = False
    issued: tuple[Issued | None, ...] = ()

    def with_job(self, place: int, job: Job) -> "Ledger":
        """The ledger with one job replaced. Why a job waits decides nothing, only why it is held."""
        jobs = self.jobs
        if job.reason and job.state != "held":
            job = job._replace(reason="")
        return self._replace(jobs=(*jobs[:place], job, *jobs[place + 1 :]))

    def with_issued(self, nonce: int, issued: Issued) -> "Ledger":
        """The ledger that remembers for which job it was issued."""
        return self._replace(issued=(*self.issued[: nonce - 1], issued, *self.issued[nonce:]))


#: All that is left of a job that ended before the next one for the same device.
ENDED = Job(state="settled")


class Answer(NamedTuple):
    """What a call answers, and what it leaves behind."""

    said: str
    ledger: Ledger
