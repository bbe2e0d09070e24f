"""Starts a service without one of its defences: `python -m tests.faults.attack.without NAME exconn.SERVICE`."""

import runpy
import sys

from tests.faults.attack.defences import DEFENCES


def main() -> None:
    """Take the defence out, then be the service."""
    name, module = sys.argv[1:]
    DEFENCES[name].take_out()
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
