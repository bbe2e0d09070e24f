"""Somebody who can write the registry enters a second person, to release the own held wipes."""

from exconn.signing import new_signing_key
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import THIEF

#: Who does not exist.
SECOND_PERSON = "eve"
PHONES = 8


def run(company: Company) -> Outcome:
    """A key more in a later registry; it releases what is held."""
    company.keys[SECOND_PERSON] = new_signing_key()
    company.write_registry(revision=2)
    jobs = company.wipe_all(THIEF, company.phones(PHONES))
    company.wait_until_they_rest(jobs)
    for job_id in jobs:
        company.release(SECOND_PERSON, job_id)
    company.wait_until_they_rest(jobs)
    return company.outcome()


ATTACK = Attack(
    name="registry-gets-second-person",
    title="who can write the registry enters a key, and releases with it what is held of another one",
    defence="new-keys-wait",
    run=run,
)
