"""With a stolen key: have wipes accepted while the limits are wide, to be let out after they were tightened."""

from exconn.contracts.request import RequestKind
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, THIEF, WIDEST

PHONES = 12


def run(company: Company) -> Outcome:
    """The limits are wide and the kill switch is on: wipes wait. The boss tightens the limits and resumes."""
    company.release_change(THIEF, company.apply(BOSS, company.definition(limits=WIDEST)))
    company.accepted(company.ask(BOSS, RequestKind.PAUSE))
    jobs = company.wipe_all(THIEF, company.phones(PHONES))
    company.wait_until_they_rest(jobs)
    company.accepted(company.apply(BOSS, company.definition()))
    company.apply(THIEF, company.definition(limits=WIDEST))
    company.ask(THIEF, RequestKind.RESUME)
    company.accepted(company.ask(BOSS, RequestKind.RESUME))
    company.wait_until_they_rest(jobs)
    return company.outcome()


ATTACK = Attack(
    name="stolen-key-preloads-held",
    title="a stolen key has wipes accepted under wide limits, which are tightened before the kill switch is turned off",
    defence="limits-of-now",
    run=run,
)
