"""All attacks, in the order in which they are run."""

from tests.faults.attack import (
    fallen_broker_page,
    fallen_discovery,
    fallen_policy,
    forged_accepted,
    forged_record,
    forged_release,
    forged_tasks,
    swapped_rows,
    vanished_job,
    widens_brakes,
)
from tests.faults.attack.attack import Attack

ATTACKS: tuple[Attack, ...] = (
    widens_brakes.ATTACK,
    fallen_discovery.ATTACK,
    forged_record.ATTACK,
    fallen_policy.ATTACK,
    forged_release.ATTACK,
    vanished_job.ATTACK,
    forged_tasks.ATTACK,
    fallen_broker_page.ATTACK,
    swapped_rows.ATTACK,
    forged_accepted.ATTACK,
)
