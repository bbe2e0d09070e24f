"""The demo's connector definition: the simulator, with brakes wide enough for a small fleet to be played with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exconn.demo.place import CONNECTOR


@dataclass(frozen=True, kw_only=True)
class SimulatorAddress:
    """What the simulator says of itself when it has started."""

    url: str
    control_url: str
    ca_file: str
    accounts: Mapping[str, Mapping[str, str]]

    @classmethod
    def parse(cls, text: str) -> "SimulatorAddress":
        """From the simulator's own file."""
        found = json.loads(text)
        return cls(
            url=found["url"],
            control_url=found["control_url"],
            ca_file=found["ca_file"],
            accounts=found["accounts"],
        )


def demo_definition(simulator: SimulatorAddress, keytabs: Mapping[str, Path] | None = None) -> str:
    """The text of the demo's connector.toml; with keytabs, the accounts sign in by Kerberos."""
    accounts = "\n".join(
        f"[accounts.{role}]\nusername = {json.dumps(account['username'])}\n"
        + (
            f"keytab_file = {json.dumps(str(keytabs[role]))}\n"
            if keytabs
            else f"password_file = {json.dumps(account['password_file'])}\n"
        )
        for role, account in simulator.accounts.items()
    )
    authority = f"ca_file = {json.dumps(simulator.ca_file)}\n" if simulator.url.startswith("https:") else ""
    return f"""\
name = "{CONNECTOR}"

[exchange]
url = {json.dumps(simulator.url)}
auth = "{"kerberos" if keytabs else "basic"}"
{authority}
{accounts}
[discovery]
full_every_hours = 1

# One setting here puts the whole Password group under guard; the others keep what Exchange has.
[policy.password]
password_enabled = true
minimum_password_length = 6
password_history = 5
allow_simple_password = false

# The demo's own brakes: a real fleet keeps the defaults.
[limits.erase]
short = {{ count = 10, within = "20m" }}
long = {{ count = 50, within = "1d" }}
fleet_percent = 100.0

[limits.quota]
per_hour = 100
per_day = 1000

[lookups]
first = "2s"
longest_pause = "10s"
deadline = "72h"
unreported_after = "20s"
"""
