"""All attacks, in the order in which they are run."""

from tests.faults.attack import widens_brakes
from tests.faults.attack.attack import Attack

ATTACKS: tuple[Attack, ...] = (widens_brakes.ATTACK,)
