"""A made-up Exchange behind a real WSMan/PSRP endpoint.

It runs as a process of its own (`python -m exconn.simulator`) and is never part of a production
deployment. Clients speak to it as they speak to Exchange; a control port shows and bends its world.
"""

from exconn.simulator.settings import SimulatorSettings

__all__ = ["SimulatorSettings"]
