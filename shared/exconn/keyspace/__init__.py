"""Every Redis key, and how the project connects to Redis."""

from exconn.keyspace import keys
from exconn.keyspace.connect import (
    KeyspaceError,
    ServerUnfitError,
    UnreachableServerError,
    connect,
    refuse_unfit,
)

__all__ = ["KeyspaceError", "ServerUnfitError", "UnreachableServerError", "connect", "keys", "refuse_unfit"]
