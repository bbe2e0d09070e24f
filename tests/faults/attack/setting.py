"""What the company is: its people, its connector, its limits, and the texts in which they stand."""

from collections.abc import Mapping
from datetime import timedelta

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
_LIMITS = """\
[limits.erase]
short = {{ count = {short}, within = "20m" }}
long = {{ count = {long}, within = "1d" }}
fleet_percent = 100.0
[limits.quota]
per_hour = {per_hour}
per_day = {per_day}"""


def limits_text(limits: Mapping[str, int]) -> str:
    """The tables of a definition that has these limits."""
    return _LIMITS.format(**limits)
