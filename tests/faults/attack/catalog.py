"""All attacks, in the order in which they are run."""

from tests.faults.attack import (
    beyond_bounds,
    enters_key,
    fallen_broker_page,
    fallen_discovery,
    fallen_policy,
    flood_of_held,
    forged_accepted,
    forged_record,
    forged_release,
    forged_tasks,
    preloads_held,
    redirects_address,
    releases_held,
    renames_connector,
    resumes_switch,
    swapped_rows,
    vanished_job,
    widens_brakes,
)
from tests.faults.attack.attack import Attack

ATTACKS: tuple[Attack, ...] = (
    widens_brakes.ATTACK,
    releases_held.ATTACK,
    enters_key.ATTACK,
    beyond_bounds.ATTACK,
    renames_connector.ATTACK,
    preloads_held.ATTACK,
    resumes_switch.ATTACK,
    *redirects_address.ATTACKS,
    flood_of_held.ATTACK,
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
