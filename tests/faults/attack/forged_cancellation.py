"""With the ledger user of the coordinator: cancel an accepted wipe, as if somebody had asked intake for that."""

from contextlib import suppress

import redis

from exconn.ledger import Ledger, LedgerError
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands, not_wiped
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS


def run(company: Company) -> Outcome:
    """By the ledger's own function, and by the mark of a cancelled job."""
    phones = company.phones(2)
    company.cluster.freeze("actions")
    jobs = company.wipe_all(BOSS, phones)
    thief = Hands(company, "coordinator")
    with suppress(LedgerError, redis.RedisError):
        Ledger(thief.client).cancel(jobs[0], by=BOSS)
    thief.write(jobs[1], cancel="1")
    company.cluster.thaw("actions")
    company.wait_until_they_rest(jobs)
    return company.outcome(lost=not_wiped(company, phones))


ATTACK = Attack(
    name="fallen-coordinator-cancels",
    title="the coordinator's user on the ledger cancels accepted wipes in another person's name",
    defence="cancelled-by-intake-alone",
    run=run,
)
