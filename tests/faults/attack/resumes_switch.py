"""With a stolen key: turn off the kill switch that somebody turned on because of that key."""

from exconn.contracts.request import RequestKind
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, LIMIT, THIEF


def run(company: Company) -> Outcome:
    """Wipes wait for the switch; the thief pauses too, resumes, and releases that as if somebody else had asked."""
    company.accepted(company.ask(BOSS, RequestKind.PAUSE))
    jobs = company.wipe_all(THIEF, company.phones(LIMIT))
    company.wait_until_they_rest(jobs)
    company.ask(THIEF, RequestKind.PAUSE)
    answer = company.ask(THIEF, RequestKind.RESUME)
    company.release_change(THIEF, answer)
    company.wait_until_they_rest(jobs)
    return company.outcome(allowed=0)


ATTACK = Attack(
    name="stolen-key-resumes-switch",
    title="a stolen key pauses again, and then turns off the kill switch for which its own wipes wait",
    defence="who-may-resume",
    run=run,
)
