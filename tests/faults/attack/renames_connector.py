"""With a stolen key: another connector to the same organization, whose brakes would be fresh."""

from exconn.contracts.request import RequestKind, Target
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, LIMIT, THIEF

SECOND = "company-2"


def run(company: Company) -> Outcome:
    """All that the quota lets out; then more of it under another name, which a colleague took for harmless."""
    jobs = company.wipe_all(THIEF, company.phones(LIMIT + 1))
    company.wait_until_they_rest(jobs)
    company.ask(THIEF, RequestKind.JOB_CANCEL, Target(jobs=(jobs[-1],)))
    company.wait_until_they_end(jobs)
    company.accepted(company.ask(THIEF, RequestKind.CONNECTOR_REMOVE))
    answer = company.apply(THIEF, company.definition(name=SECOND), connector=SECOND)
    company.release_change(BOSS, answer, connector=SECOND)
    company.bring_into_service(SECOND, by=THIEF)
    more = company.wipe_all(THIEF, company.phones(2 * LIMIT), connector=SECOND)
    company.wait_until_they_rest(more)
    return company.outcome()


ATTACK = Attack(
    name="stolen-key-renames-connector",
    title="a stolen key removes the connector and gets another one to the same organization, to have fresh brakes",
    defence="brakes-of-the-organization",
    run=run,
)
