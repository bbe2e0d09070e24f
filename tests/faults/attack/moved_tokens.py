"""With the ledger user of the coordinator, and a requester's key: have the brakes' tokens look old."""

from exconn.keyspace import keys
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import CONNECTOR, LIMIT, THIEF


def run(company: Company) -> Outcome:
    """Until they count no more; then as many wipes again."""
    first = company.wipe_all(THIEF, company.phones(LIMIT))
    company.wait_until_they_rest(first)
    organization = company.store.get(CONNECTOR).organization or CONNECTOR
    thief = Hands(company, "coordinator")
    for tokens in (keys.brake(organization, "erase"), keys.quota(organization, THIEF)):
        for job in first:
            thief.tries("ZADD", tokens, 1, job)
    company.wait_until_they_rest(company.wipe_all(THIEF, company.phones(LIMIT)))
    return company.outcome()


ATTACK = Attack(
    name="fallen-coordinator-moves-tokens",
    title="the coordinator's user on the ledger has the tokens of the brakes look old, and a stolen key wipes on",
    defence="tokens-of-upgrades-alone",
    run=run,
)
