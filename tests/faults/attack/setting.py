"""What the company is: its people, its connector, its limits, and the texts in which they stand."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from tests.support.exchange.simulator import RunningSimulator

CONNECTOR = "company"
#: Whose key is stolen, and who is there beside.
THIEF, BOSS = "anna", "boss"
DEVICES = 60
#: Wipes that begin in an hour: of one requester, and of all.
LIMIT, BREAKER = 3, 4
A_MINUTE = timedelta(minutes=1)
#: What was to be held, and goes out all the same, is in Exchange by then: absence needs time, not a condition.
LATE_WIPES_WITHIN = timedelta(seconds=5)
SET_UP_WITHIN = timedelta(minutes=4)
#: What stands in the definition, so that it can be written with other limits.
LIMITS = {"short": BREAKER, "long": 2 * BREAKER, "per_hour": LIMIT, "per_day": 2 * LIMIT}
#: What the registry lets a definition have at most.
WIDEST = {"short": 10, "long": 50, "per_hour": 50, "per_day": 200}

BOUNDS = "[bounds.erase]\nfleet_percent = 100.0\n[bounds.quota]\nper_hour = 50\nper_day = 200\n"
_DEFINITION = """\
name = {name}
[exchange]
url = {url}
auth = "basic"
ca_file = {ca_file}
{accounts}
[discovery]
full_every_hours = 168
[limits.erase]
short = {{ count = {short}, within = "20m" }}
long = {{ count = {long}, within = "1d" }}
fleet_percent = 100.0
[limits.quota]
per_hour = {per_hour}
per_day = {per_day}
[lookups]
first = "1s"
longest_pause = "2s"
deadline = "1h"
"""


def definition_text(
    simulator: RunningSimulator, *, name: str, url: str, ca_file: Path | None, accounts: str, limits: Mapping[str, int]
) -> str:
    """The text of a definition; what is not given is that of the company's Exchange."""
    return _DEFINITION.format(
        name=json.dumps(name),
        url=json.dumps(url or simulator.url),
        ca_file=json.dumps(str(ca_file or simulator.ca_file)),
        accounts=accounts or simulator.account_tables(),
        **limits,
    )
