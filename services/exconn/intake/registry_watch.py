"""Has the registry of requesters leave its trace as soon as its file changes, not with the next request only."""

import redis

from exconn.intake.context import IntakeContext
from exconn.keyspace import FunctionsMissingError
from exconn.logs import get_logger
from exconn.signing import RegistryError
from exconn.signing.errors import SupersededRegistryError


class RegistryWatch:
    """Looks at each sign of life; a problem is logged when it is new."""

    def __init__(self, intake: IntakeContext) -> None:
        self._intake = intake
        self._log = get_logger(__name__)
        self._problem = ""

    def look(self) -> None:
        """Announce what has changed. Never raises for the registry or the server: requests are refused meanwhile."""
        problem = ""
        try:
            self._intake.trace.count(self._intake.registry(), by="intake")
        except (RegistryError, SupersededRegistryError) as exc:
            problem = str(exc)
        except (redis.RedisError, FunctionsMissingError, OSError) as exc:
            problem = type(exc).__name__
        if problem and problem != self._problem:
            self._log.error("nobody is admitted by this registry", detail=problem)
        self._problem = problem
