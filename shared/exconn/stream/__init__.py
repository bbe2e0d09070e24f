"""The status stream: what happened to jobs, numbered, in order."""

from exconn.stream.catalog import CATALOG, CatalogEntry, Number, Severity
from exconn.stream.message import StatusMessage, parse_message
from exconn.stream.reader import Cursor, read_after

__all__ = [
    "CATALOG",
    "CatalogEntry",
    "Cursor",
    "Number",
    "Severity",
    "StatusMessage",
    "parse_message",
    "read_after",
]
