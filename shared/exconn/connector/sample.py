"""A definition to start from: every setting that matters, with its meaning beside it."""

import json

AccountFiles = dict[str, tuple[str, str]]

_SAMPLE = """\
# A connector: one Exchange organization. Check it with: exconn connector check FILE
name = "{name}"

[exchange]
url = {url}
# true: hosted Exchange, one address
hosted = {hosted}
# kerberos, which alone Microsoft supports on the default PowerShell directory of an Exchange server;
# negotiate, ntlm, basic or certificate (only over https)
auth = "{auth}"
{ca_file}
# kerberos_host = "ex1.example.org"  # kerberos, where url is an array: the host that holds the service name
# proxy = "http://proxy.example.org:3128"  # there is no other: proxies of the environment are ignored
# proxy_username = "exconn"  # only where the proxy asks for an account
# proxy_password_file = "/etc/exconn/secrets/proxy"
# Several sites: leave url out and write one of these for each.
# [[exchange.servers]]
# site = "Amsterdam"
# url = "https://cas1.example.org/PowerShell/"
# Only where they belong to another organization than this connector was installed for, whose GUID this is:
# organization = "0e6b1f9c-3f5c-4f0e-9a53-0c6a2b1d7e11"
# When the servers above do not answer, those are asked that Exchange names, in the domains of the addresses and in:
# domains = ["corp.example.org"]

# One account per service. The file holds the password; the definition never does. Instead of password_file:
# kerberos takes keytab_file or ticket_cache_file, certificate takes certificate_file and certificate_key_file.
[accounts.discovery]
username = {discovery[0]}
password_file = {discovery[1]}

[accounts.policy]            # needed before: exconn connector arm {name} policy
username = {policy[0]}
password_file = {policy[1]}

[accounts.actions]           # needed before: exconn connector arm {name} actions
username = {actions[0]}
password_file = {actions[1]}

[seats]                      # sessions per account, over all workers
# total = 4                  # 1 to 18 (hosted: 1 to 3); many invite Exchange to slow the account down
for_actions = 1              # of those, kept for device actions

[discovery]
full_every_hours = 24        # 1 to 168; or a time of day (UTC): full_at = "02:00"
maximum_inactive_days = 30   # leave devices without a sync for longer out of the inventory
find_all = true              # or false, with containers = ["OU=Staff,DC=example,DC=org"]

# Setting one of these puts the whole Password group under guard; the others keep what Exchange has. There are also
# [policy.general], [policy.email_management], [policy.security], [policy.application] and [policy.extended], with the
# settings that docs/settings.md lists.
[policy.password]
password_enabled = true
minimum_password_length = 6               # 1 to 16
password_expiration = "unlimited"         # days, 1 to 730 or "unlimited"
maximum_idle_time_mins = 15               # minutes, 1 to 60 or "unlimited"
# password_history = 5                    # 0 to 50
# wipe_after_failed_attempt = 10          # 4 to 16 or "unlimited"; the device erases itself
# password_complexity = "Pin"             # "Pin" or "Strong"
# minimum_complex_char = 1                # 1 to 4
# allow_simple_password = true
# password_recovery = false

# Brakes: what exceeds them is held for a person, never dropped. Wider than the bounds in the registry of requesters
# they have no effect.
[limits.erase]
short = {{ count = 10, within = "20m" }}
long = {{ count = 50, within = "1d" }}
fleet_percent = 1.0          # of the known devices, per long window
fleet_floor = 3              # what the share never goes below

[limits.quota]               # per requester
per_hour = 5
per_day = 20

[lookups]                    # how a wipe is followed after it was issued
first = "5s"
longest_pause = "{longest_pause}"
deadline = "72h"
unreported_after = "1h"      # Outlook never reports its wipe: after this it has ended as sent
"""

_SECRETS = "/etc/exconn/secrets"
_NO_CA_FILE = '# ca_file = "/etc/exconn/ca.pem"  # a private certificate authority'


def sample_definition(
    name: str = "contoso",
    *,
    url: str = "https://mail.example.org/PowerShell/",
    auth: str = "kerberos",
    hosted: bool = False,
    ca_file: str | None = None,
    accounts: AccountFiles | None = None,
    longest_pause: str = "5m",
) -> str:
    """The text of a `connector.toml` that passes `parse_definition`.

    `accounts` maps discovery, policy and actions to user name and password file.
    """
    named = accounts or {}
    roles = {}
    for role in ("discovery", "policy", "actions"):
        username, password_file = named.get(role, (f"exconn-{role}@EXAMPLE.ORG", f"{_SECRETS}/{role}"))
        roles[role] = (json.dumps(username), json.dumps(password_file))
    return _SAMPLE.format(
        name=name,
        url=json.dumps(url),
        hosted=str(hosted).lower(),
        auth=auth,
        ca_file=f"ca_file = {json.dumps(ca_file)}" if ca_file else _NO_CA_FILE,
        longest_pause=longest_pause,
        **roles,
    )
