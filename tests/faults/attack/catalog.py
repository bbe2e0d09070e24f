"""All attacks, in the order in which they are run."""

from tests.faults.attack import (
    beyond_bounds,
    enters_key,
    flood_of_held,
    preloads_held,
    redirects_address,
    releases_held,
    renames_connector,
    resumes_switch,
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
)
