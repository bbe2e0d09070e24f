"""Devices as an organization of many years has them: no list of them has the same markup twice in a row.

Several models in three domains, from the simulator's `real` estate. What a phone need not report is null at random,
each property by itself, and some people give their phones names that XML has to escape.
"""

import re
from collections.abc import Iterator
from itertools import islice
from random import Random

from exconn.simulator.organization.estate import REAL
from tests.benchmarks.answers import SEED, device_bodies

#: What a phone need not report. One in so many is null.
OPTIONAL = (
    "FriendlyName",
    "DeviceImei",
    "DeviceMobileOperator",
    "DeviceOSLanguage",
    "DeviceTelephoneNumber",
)
NULL_IN = 4
#: One name in so many has entities.
ENTITIES_IN = 10
NAME_WITH_ENTITIES = "Tom &amp; Ann &lt;3"

_OPTIONAL = re.compile(f'<S N="(?P<name>{"|".join(OPTIONAL)})">[^<]*</S>')


def mixed_bodies(count: int) -> Iterator[str]:
    """The CLIXML of devices, the same ones each time."""
    dice = Random(SEED)

    def reported(match: re.Match[str]) -> str:
        name = match["name"]
        if not dice.randrange(NULL_IN):
            return f'<Nil N="{name}" />'
        if name == "FriendlyName" and not dice.randrange(ENTITIES_IN):
            return f'<S N="{name}">{NAME_WITH_ENTITIES}</S>'
        return match[0]

    return (_OPTIONAL.sub(reported, body) for body in islice(device_bodies(count, REAL), count))
