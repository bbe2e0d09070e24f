"""A flood of one requester's wipes, held as they are, is to keep nobody else's urgent wipe out."""

from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, LIMIT, THIEF

PHONES = 30


def run(company: Company) -> Outcome:
    """The thief asks for the wipes of many phones; the boss urgently needs that of one that is held."""
    phones = company.phones(PHONES)
    jobs = company.wipe_all(THIEF, phones)
    company.wait_until_they_rest(jobs)
    urgent = phones[LIMIT]
    answer = company.wipe(BOSS, urgent)
    company.wait_until_they_rest([answer.job] if answer.job else [])
    return company.outcome(allowed=LIMIT + 1, lost=int(urgent not in company.wiped()))


ATTACK = Attack(
    name="flood-of-held",
    title="a flood of held wipes keeps another requester's urgent wipe out",
    defence="held-gives-way",
    run=run,
)
