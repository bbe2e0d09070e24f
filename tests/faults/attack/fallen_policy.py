"""With the ledger user of policy, and a requester's key: let wipes out that the brakes hold."""

from exconn.keyspace import keys
from exconn.ledger import Limits
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import CONNECTOR, LIMIT, THIEF

PHONES = 9


def run(company: Company) -> Outcome:
    """Take the tokens away, and write grants and limits into what is held."""
    jobs = company.wipe_all(THIEF, company.phones(PHONES))
    company.wait_until_they_rest(jobs)
    held, thief = jobs[LIMIT:], Hands(company, "policy")
    organization = company.store.get(CONNECTOR).organization or CONNECTOR
    for tokens in (keys.brake(organization, "erase"), keys.quota(organization, THIEF)):
        thief.tries("ZREMRANGEBYSCORE", tokens, "-inf", "+inf")
        thief.tries("DEL", tokens)
    written: tuple[dict[str, str], ...] = (
        {"grant": "r1"},
        {"limits": Limits().encoded()},
        {"checks": "none"},
        {},
        {},
        {},
    )
    for job, fields in zip(held, written, strict=True):
        thief.put_back(job, **fields)
    company.wait_until_they_rest(jobs)
    return company.outcome()


ATTACK = Attack(
    name="fallen-policy",
    title="policy's user on the ledger empties the brakes, and puts back what they hold",
    defence="brakes-of-device-actions-alone",
    run=run,
)
