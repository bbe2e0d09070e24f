"""What a person asks for becomes a job, by the rules of `insert.lua`: one per phone, up to a bound, or in the place of
a held one.
"""

from tests.model.calls import settled
from tests.model.jobs import Answer, Job, Ledger
from tests.model.rules import Rules
from tests.model.watching import watched


@watched
def ask(ledger: Ledger, job: Job, rules: Rules) -> Answer:
    """A request of a person becomes a job; of a phone that has a held wipe of somebody else's, in its place."""
    places = range(len(ledger.jobs) - 1, -1, -1)
    before = next((place for place in places if _is_open_for(ledger.jobs[place], job.phone)), None)
    is_braked = ledger.places == 0
    if before is not None and (is_braked or not _gives_way(ledger, before, job, rules)):
        return Answer("open", ledger)
    open_of = sum(earlier.state != "settled" and earlier.requester == job.requester for earlier in ledger.jobs)
    if rules.open_are_bounded and ledger.most_open is not None and open_of >= ledger.most_open:
        return Answer("many", ledger)
    if before is not None and rules.superseded_end:
        ledger = settled(ledger, before, "cancelled")
    if is_braked:
        job = job._replace(state="held", reason="breaker")
    return Answer("ok", ledger._replace(jobs=(*ledger.jobs, job)))


def _is_open_for(job: Job, phone: str) -> bool:
    return job.phone == phone and job.state != "settled"


def _gives_way(ledger: Ledger, place: int, job: Job, rules: Rules) -> bool:
    before = ledger.jobs[place]
    may_be_in_exchange = before.begun and rules.begun_does_not_give_way
    is_own = before.requester == job.requester and rules.own_does_not_give_way
    return before.state == "held" and ledger.running and not may_be_in_exchange and not is_own
