"""`python -m exconn.demo [--once] [--json] [--devices N] [--seed N] [--kerberos] [--folder PATH]`: `exconn demo`."""

import argparse
import sys
from pathlib import Path

from exconn.demo.app import Options, run


def main() -> int:
    """Parse the options and run the demo."""
    parser = argparse.ArgumentParser(
        prog="exconn demo",
        description="Start everything against a made-up Exchange and play install, discovery, policy and a wipe.",
        epilog="example: exconn demo --once --json",
    )
    parser.add_argument("--once", action="store_true", help="end after the story; exit 0 when all of it happened")
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    parser.add_argument("--devices", type=int, default=320, help="devices in the made-up Exchange (default 320)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same people and phones")
    parser.add_argument("--folder", type=Path, help="with --once: a new folder for what the demo keeps; it stays")
    parser.add_argument("--kerberos", action="store_true", help="sign in by tickets of a KDC of the demo's own")
    given = parser.parse_args()
    if not 10 <= given.devices <= 100_000:
        parser.error("--devices must lie between 10 and 100000")
    if given.folder is not None and not given.once:
        parser.error("--folder goes with --once")
    fleet = {"devices": given.devices, "seed": given.seed}
    return run(Options(once=given.once, as_json=given.json, kerberos=given.kerberos, folder=given.folder, **fleet))


if __name__ == "__main__":
    sys.exit(main())
