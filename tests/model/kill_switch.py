"""The kill switch as pure functions: who turns it on, and who may turn it off, by the rules of `switch.lua`."""

from tests.model.calls import drained
from tests.model.jobs import PAUSER, Answer, Ledger
from tests.model.rules import WANTED, Rules
from tests.model.watching import watched


@watched
def pause(ledger: Ledger, rules: Rules = WANTED, *, by: str = PAUSER) -> Answer:
    """The kill switch is turned on; who was first stays so."""
    first, again = ledger.first, ledger.again
    if ledger.running or not first or not rules.first_pauser_counts:
        first, again = by, False
    elif first != by and rules.later_pauses_count:
        again = True
    return Answer("ok", ledger._replace(running=False, first=first, again=again))


@watched
def resume(
    ledger: Ledger,
    rules: Rules = WANTED,
    *,
    limit: int,
    first: bool,
    by: str = PAUSER,
    asked_by: str = "",
    of_this_pause: bool = True,
) -> Answer:
    """One call of a resume: so many stopped jobs become due. A later call of one that was overruled does nothing.

    Who paused may resume, unless others did too and he asked for wipes; and, while wipes wait, another one who asked
    for none. `asked_by` asked that a pause ends, and `by` agrees.
    """
    if ledger.running:
        return drained(ledger, limit)
    if not first:
        return Answer("done", ledger)
    agrees = asked_by not in ("", by) and (of_this_pause or not rules.agreed_is_this_pause)
    if ledger.first and not agrees and not _may_resume(ledger, by):
        return Answer("another", ledger)
    return drained(ledger._replace(running=True, first="", again=False), limit)


def _may_resume(ledger: Ledger, by: str) -> bool:
    own = any(job.requester == by for job in ledger.jobs)
    if by == ledger.first and not (own and ledger.again):
        return True
    return not own and any(job.wait == "switch" and not job.elsewhere for job in ledger.jobs)
