"""Command line of the simulator: settings from the environment, SIGTERM or SIGINT to end it."""

import logging
import signal
import sys
from types import FrameType

from pydantic import ValidationError

from exconn.process.exits import ExitCode, refuse
from exconn.simulator.app import Simulator
from exconn.simulator.organization.accounts import AccountsFileError
from exconn.simulator.settings import SimulatorSettings


def main() -> int:
    """Run until told to stop; 2 when the settings can't be used."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    try:
        simulator = Simulator(SimulatorSettings())
    except (ValidationError, AccountsFileError, OSError) as exc:
        return refuse("simulator", exc, ExitCode.BAD_INPUT)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        simulator.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    simulator.run()
    return int(ExitCode.DONE)


if __name__ == "__main__":
    sys.exit(main())
