"""Every Redis key, and how the project connects to Redis."""

from exconn.keyspace import keys
from exconn.keyspace.connect import connect, refuse_unfit, replicas_demanded, unreachable
from exconn.keyspace.count import count_in
from exconn.keyspace.ended_stream import StreamEndedError
from exconn.keyspace.errors import (
    FunctionsMissingError,
    KeyspaceError,
    ServerUnfitError,
    TlsFailedError,
    UnreachableServerError,
)
from exconn.keyspace.functions import Functions, load
from exconn.keyspace.library import Library

__all__ = [
    "Functions",
    "FunctionsMissingError",
    "KeyspaceError",
    "Library",
    "ServerUnfitError",
    "StreamEndedError",
    "TlsFailedError",
    "UnreachableServerError",
    "connect",
    "count_in",
    "keys",
    "load",
    "refuse_unfit",
    "replicas_demanded",
    "unreachable",
]
