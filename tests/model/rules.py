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
    #: A held wipe that gives way to another one for its phone ends.
    superseded_end: bool = True
    #: What has begun gives way to nobody, as Exchange may have it.
    begun_does_not_give_way: bool = True
    #: What is held gives way to another requester only.
    own_does_not_give_way: bool = True
    #: A requester has no more wipes open than a bound.
    open_are_bounded: bool = True
    #: Who turned the kill switch on first since it was off stays the first, whoever does it again.
    first_pauser_counts: bool = True
    #: That others turned it on too is remembered.
    later_pauses_count: bool = True
    #: Who agrees that a pause ends agrees about the present one.
    agreed_is_this_pause: bool = True
    #: For what was signed nothing is issued that is another job.
    nonces_are_kept: bool = True
    #: Nor for that job, once it has ended.
    ends_are_kept: bool = True
    #: What was issued has begun, whatever its job says.
    issued_has_begun: bool = True
    #: What a worker has verified is still so when it begins.
    verified_decides: bool = True
    #: The breaker counts what begins on any connector of the organization.
    organization_counts: bool = True


WANTED = Rules()

#: Planted in the system's own guards: each must be found.
MUTATIONS = {
    "no token check": replace(WANTED, token_check=False),
    "no partnership check": replace(WANTED, partnership_check=False),
    "no read-back": replace(WANTED, read_back=False),
    "the superseded stay": replace(WANTED, superseded_end=False),
    "what has begun gives way": replace(WANTED, begun_does_not_give_way=False),
    "one's own gives way": replace(WANTED, own_does_not_give_way=False),
    "no bound of open ones": replace(WANTED, open_are_bounded=False),
    "who pauses last counts": replace(WANTED, first_pauser_counts=False),
    "later pauses are forgotten": replace(WANTED, later_pauses_count=False),
    "agreed about another pause": replace(WANTED, agreed_is_this_pause=False),
    "nonces are forgotten": replace(WANTED, nonces_are_kept=False),
    "ends of nonces are forgotten": replace(WANTED, ends_are_kept=False),
    "a job may deny that it began": replace(WANTED, issued_has_begun=False),
    "what was verified may change": replace(WANTED, verified_decides=False),
    "counted by connector": replace(WANTED, organization_counts=False),
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
