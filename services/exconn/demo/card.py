"""What the demo prints at the end of its story: addresses, results, commands to try, and which problems are meant."""

import shlex
from typing import Any


def card(summary: dict[str, Any], *, user: str) -> str:
    """The lines, at most 80 columns wide."""
    name, owner = shlex.quote(user), shlex.quote(user.rpartition("_")[0])
    wipe, policy, discovery = summary["wipe"], summary["policy"], summary["discovery"]
    rows = [
        "",
        "  exconn demo is running",
        "",
        f"  console   {summary['console']['url']}",
        f"  Flower    {summary['flower']['url']}   (read-only)",
        "",
        f"  installed (1015) · {discovery['devices']} devices · policy drift "
        f"{policy['drift_before']} -> {policy['drift_after']} · wipe {wipe['state']}",
        "",
        "  Try, from a second terminal in this folder:",
        "",
        "    ./run exconn devices list",
        f"    ./run exconn devices wipe {name} --wait",
        f"    ./run exconn demo phone offline {owner}",
        "    ./run exconn doctor",
        "    ./run exconn status",
        "    ./run exconn audit verify",
        "",
        "  You are the operator. What the brakes hold another person releases:",
        "",
        "    ./run exconn --context .exconn/approver.toml brakes release wipe-...",
        "",
        "  Both, step by step: docs/howto/two-people.md",
        "",
        "  Two of the problems in its status are meant: so that you can wipe many",
        "  phones, its limits are wider than the factory's bounds; and some of its",
        "  mailboxes cannot be read, as in most organizations.",
        "",
        "  Ctrl-C ends everything.",
        "",
    ]
    return "\n".join(rows)
