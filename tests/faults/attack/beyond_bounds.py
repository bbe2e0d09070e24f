"""With two stolen keys: widen the brakes by a definition that the second key releases, beyond the registry's bounds."""

from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, THIEF, WIDEST
from tests.faults.attack.widens_brakes import BEYOND_ALL

PHONES = 18


def run(company: Company) -> Outcome:
    """Whoever has two keys gets as far as the deployment's registry lets a definition go, and no further."""
    for limits in (WIDEST, BEYOND_ALL):
        company.release_change(BOSS, company.apply(THIEF, company.definition(limits=limits)))
    jobs = company.wipe_all(THIEF, company.phones(PHONES))
    company.wait_until_they_rest(jobs)
    return company.outcome(allowed=WIDEST["short"])


ATTACK = Attack(
    name="two-keys-widen-beyond-bounds",
    title="two stolen keys widen the brakes beyond the bounds of the deployment's registry",
    defence="bounds-of-the-registry",
    run=run,
)
