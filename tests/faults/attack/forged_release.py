"""With the ledger user of the coordinator, and a requester's key: release what the brakes hold."""

from exconn.ledger import Ledger, Limits
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, CONNECTOR, LIMIT, THIEF

PHONES = 9


def run(company: Company) -> Outcome:
    """In the name of the second person, by the ledger's own function; and by writing what stands in its way."""
    jobs = company.wipe_all(THIEF, company.phones(PHONES))
    company.wait_until_they_rest(jobs)
    held, thief = jobs[LIMIT:], Hands(company, "coordinator")
    Ledger(thief.client).release(CONNECTOR, held[:3], release_id="r1", by=BOSS, grant="r1")
    for job, fields in zip(
        held[3:], ({"grant": "r1"}, {"limits": Limits().encoded()}, {"checks": "none"}), strict=True
    ):
        thief.put_back(job, **fields)
    company.wait_until_they_rest(jobs)
    return company.outcome()


ATTACK = Attack(
    name="fallen-coordinator",
    title="the coordinator's user on the ledger releases what the brakes hold, in another person's name",
    defence="signed-releases",
    run=run,
)
