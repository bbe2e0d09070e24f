"""Every Redis key, and how the project connects to Redis."""

from exconn.keyspace import keys
from exconn.keyspace.connect import connect, refuse_unfit, replicas_demanded, unreachable
from exconn.keyspace.errors import KeyspaceError, ServerUnfitError, TlsFailedError, UnreachableServerError

__all__ = [
    "KeyspaceError",
    "ServerUnfitError",
    "TlsFailedError",
    "UnreachableServerError",
    "connect",
    "keys",
    "refuse_unfit",
    "replicas_demanded",
    "unreachable",
]
