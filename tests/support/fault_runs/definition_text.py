"""The definition of a connector in a fault run: a simulated Exchange, quick looks, and limits as the run needs them."""

import json
from pathlib import Path

from tests.support.exchange.simulator import RunningSimulator

_DEFINITION = """\
name = {name}
[exchange]
url = {url}
auth = "basic"
ca_file = {ca_file}
{accounts}
[discovery]
full_every_hours = 168
{limits}
[lookups]
first = "1s"
longest_pause = "2s"
deadline = "1h"
"""


def definition_text(
    simulator: RunningSimulator,
    *,
    name: str,
    limits: str,
    url: str = "",
    ca_file: Path | None = None,
    accounts: str = "",
) -> str:
    """The text of a definition with these tables of limits; what is not given else is that of the simulator."""
    return _DEFINITION.format(
        name=json.dumps(name),
        url=json.dumps(url or simulator.url),
        ca_file=json.dumps(str(ca_file or simulator.ca_file)),
        accounts=accounts or simulator.account_tables(),
        limits=limits,
    )
