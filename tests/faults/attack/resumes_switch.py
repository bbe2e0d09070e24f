"""With a stolen key: turn off the kill switch that somebody turned on because of that key."""

from exconn.contracts.request import RequestKind, Target
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, LIMIT, THIEF


def run(company: Company) -> Outcome:
    """Wipes wait for the switch; the thief pauses too, resumes, and releases that as if somebody else had asked.

    Then he takes his own back, resumes as if for the boss, whose wipe waits, and asks for them again.
    """
    company.accepted(company.ask(BOSS, RequestKind.PAUSE))
    phones = company.phones(LIMIT)
    of_boss, jobs = company.wipe_all(BOSS, company.phones(1)), company.wipe_all(THIEF, phones)
    company.wait_until_they_rest([*of_boss, *jobs])
    company.ask(THIEF, RequestKind.PAUSE)
    _resumes(company)
    company.wait_until_they_rest(jobs)
    company.ask(THIEF, RequestKind.JOB_CANCEL, Target(jobs=tuple(jobs)))
    _resumes(company)
    company.wait_until_they_rest([*of_boss, *company.wipe_all(THIEF, phones)])
    return company.outcome(allowed=0)


def _resumes(company: Company) -> None:
    company.release_change(THIEF, company.ask(THIEF, RequestKind.RESUME))


ATTACK = Attack(
    name="stolen-key-resumes-switch",
    title="a stolen key pauses too, and turns off the kill switch for which its own wipes wait; or cancels them first",
    defence="who-may-resume",
    run=run,
)
