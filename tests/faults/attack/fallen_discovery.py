"""With the ledger user of discovery: take accepted wipes out of the ledger, or have them cancelled."""

from exconn.keyspace import keys
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands, not_wiped
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, CONNECTOR, LIMIT


def run(company: Company) -> Outcome:
    """While the wipes wait for a worker."""
    phones = company.phones(LIMIT)
    company.cluster.freeze("actions")
    jobs = company.wipe_all(BOSS, phones)
    thief = Hands(company, "discovery")
    for job, way in zip(jobs, ("expires", "is never due", "is cancelled"), strict=True):
        if way == "expires":
            thief.tries("PEXPIRE", keys.job(job), 1)
            thief.tries("DEL", keys.job(job))
        elif way == "is never due":
            thief.write(job, due="", state="waiting", wait="children")
            thief.tries("ZREM", keys.due("actions", CONNECTOR), job)
        else:
            thief.write(job, cancel="1")
            thief.tries("FCALL", "cancel", 0)
    company.cluster.thaw("actions")
    company.wait_until_they_rest(jobs)
    return company.outcome(lost=not_wiped(company, phones))


ATTACK = Attack(
    name="fallen-discovery",
    title="discovery's user on the ledger removes, stops and cancels accepted wipes",
    defence="keys-of-jobs-by-service",
    run=run,
)
