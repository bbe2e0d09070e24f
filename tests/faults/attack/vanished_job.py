"""With the ledger user of the coordinator: make an accepted wipe vanish, which its user may do, but not in silence."""

from exconn.keyspace import keys
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands, not_wiped
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS


def run(company: Company) -> Outcome:
    """The right by which settled jobs are forgotten, used on one that waits."""
    phones = company.phones(1)
    company.cluster.freeze("actions")
    (job,) = company.wipe_all(BOSS, phones)
    company.settle_monitor()
    Hands(company, "coordinator").tries("PEXPIRE", keys.job(job), 1)
    company.cluster.thaw("actions")
    return company.outcome(lost=not_wiped(company, phones), alarms=("job_differs",))


ATTACK = Attack(
    name="fallen-coordinator-removes-job",
    title="the coordinator's user on the ledger makes an accepted wipe vanish",
    defence="jobs-compared-with-messages",
    run=run,
    alarms=("job_differs",),
)
