"""With a stolen key: widen the brakes by a definition, then wipe the company."""

from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import THIEF, WIDEST

PHONES = 12
BEYOND_ALL = {"short": 100_000, "long": 100_000, "per_hour": 100_000, "per_day": 100_000}


def run(company: Company) -> Outcome:
    """As wide as a definition can be, then as wide as the deployment lets it be; then wipe."""
    company.apply(THIEF, company.definition(limits=BEYOND_ALL))
    company.apply(THIEF, company.definition(limits=WIDEST))
    jobs = company.wipe_all(THIEF, company.phones(PHONES))
    company.wait_until_they_rest(jobs)
    return company.outcome()


ATTACK = Attack(
    name="stolen-key-widens-brakes",
    title="a stolen operator's key widens the brakes by a definition, and then wipes",
    defence="second-person-for-definitions",
    run=run,
)
