"""The projector: reads the streams in order and writes the read model, one process at a time."""

from exconn.monitor.projector.lease import ProjectorLease
from exconn.monitor.projector.loop import Projector, Role

__all__ = ["Projector", "ProjectorLease", "Role"]
