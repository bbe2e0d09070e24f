"""What the demo prints at the end of its story: addresses, results, and four commands to try."""

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
        "",
        "  Ctrl-C ends everything.",
        "",
    ]
    return "\n".join(rows)
