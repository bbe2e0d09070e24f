"""Rules of the ledger and of the worker that the model can leave out, to show what it finds without them."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All true: as the system is meant to be. What a missing rule leads to is in `MUTATIONS` and `DEFECTS`."""

    #: Writes of a worker need the token of the present lease.
    token_check: bool = True
    #: The partnership that is found is compared with the one that was meant.
    partnership_check: bool = True
    #: After a lost worker or an unclear answer, Exchange is read twice before anything is sent again.
    read_back: bool = True
    #: A cancelled job that has not begun ends in place of being held; one that has begun is looked at again.
    cancelled_are_not_held: bool = True
    #: A lease that ran out is renewed when nobody took it meanwhile.
    renew_revives: bool = True
    #: What an interrupted resume left stopped becomes due while the switch is running.
    resume_is_finished: bool = True
    #: A part fails in place of being held; parts of a parent that ended, or began its list anew, end with it.
    parts_are_not_held: bool = True
    #: What has begun never ends as refused or expired: a person finds out what became of it.
    ends_are_true: bool = True
    #: What waits for a person, or for the kill switch, ends when its time has passed only if it has not begun.
    begun_does_not_expire: bool = True
    #: What has begun is looked at again on the domain controller where it began.
    looks_where_it_began: bool = True
    #: The shell of a lost worker that was taking a wipe back is ended before anything is decided.
    withdrawals_are_ended: bool = True


WANTED = Rules()

#: Planted in the system's own guards: each must be found.
MUTATIONS = {
    "no token check": replace(WANTED, token_check=False),
    "no partnership check": replace(WANTED, partnership_check=False),
    "no read-back": replace(WANTED, read_back=False),
}
#: Rules that ledger or workers lacked once. Each must be found too.
DEFECTS = {
    "a cancelled job may be held": replace(WANTED, cancelled_are_not_held=False),
    "an interrupted resume is not finished": replace(WANTED, resume_is_finished=False),
    "parts may be held": replace(WANTED, parts_are_not_held=False),
    "what has begun may end as refused": replace(WANTED, ends_are_true=False),
    "what has begun may expire": replace(WANTED, begun_does_not_expire=False),
    "what has begun is looked at anywhere": replace(WANTED, looks_where_it_began=False),
    "a lost withdrawal is not ended": replace(WANTED, withdrawals_are_ended=False),
}
