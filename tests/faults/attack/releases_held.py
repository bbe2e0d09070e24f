"""With a stolen key: release what the brakes hold of that key's own wipes."""

from exconn.contracts.request import RequestKind, Target
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import THIEF

PHONES = 8


def run(company: Company) -> Outcome:
    """More wipes than the quota lets out; the rest is released one by one and retried."""
    jobs = company.wipe_all(THIEF, company.phones(PHONES))
    company.wait_until_they_rest(jobs)
    for job_id in jobs:
        company.release(THIEF, job_id)
    company.wait_until_they_rest(jobs)
    for job_id in jobs:
        company.ask(THIEF, RequestKind.JOB_RETRY, Target(jobs=(job_id,)))
    company.wait_until_they_rest(jobs)
    return company.outcome()


ATTACK = Attack(
    name="stolen-key-releases-held",
    title="a stolen key releases and retries its own held wipes",
    defence="second-person-for-held",
    run=run,
)
