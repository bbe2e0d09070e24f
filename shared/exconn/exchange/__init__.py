"""The production Exchange client: checked commands in, records and typed errors out."""

from exconn.exchange.commands import Command
from exconn.exchange.dialect import Dialect
from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import (
    INVOKING_FAILED,
    OPENING_FAILED,
    Ambiguous,
    CmdletMissing,
    EndpointRefused,
    ExchangeError,
    InvalidCommand,
    Malformed,
    NoSeat,
    ObjectNotFound,
    ParameterMissing,
    RefusedByExchange,
    SessionGone,
    SessionMisuse,
    Throttled,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
)
from exconn.exchange.exposed import Lack, Requirement
from exconn.exchange.policies import MailboxPolicy
from exconn.exchange.preflight import REQUIREMENTS, Missing, Preflight, report, requirements_of
from exconn.exchange.psrp import end_shell
from exconn.exchange.records import (
    Device,
    DeviceStatistics,
    MailboxOwner,
    OrganizationSettings,
    Server,
    WipeTimes,
)
from exconn.exchange.seats import Purpose, Renewal, Seat, SeatCount, Seats
from exconn.exchange.session import Answer, Session
from exconn.exchange.transport import Batch, Transport
from exconn.exchange.values import UNLIMITED, ListChange
from exconn.exchange.warm import SessionKeeper

__all__ = [
    "INVOKING_FAILED",
    "OPENING_FAILED",
    "REQUIREMENTS",
    "UNLIMITED",
    "Ambiguous",
    "Answer",
    "Batch",
    "CmdletMissing",
    "Command",
    "Device",
    "DeviceStatistics",
    "Dialect",
    "Endpoint",
    "EndpointRefused",
    "ExchangeError",
    "InvalidCommand",
    "Lack",
    "ListChange",
    "MailboxOwner",
    "MailboxPolicy",
    "Malformed",
    "Missing",
    "NoSeat",
    "ObjectNotFound",
    "OrganizationSettings",
    "ParameterMissing",
    "Preflight",
    "Purpose",
    "RefusedByExchange",
    "Renewal",
    "Requirement",
    "Seat",
    "SeatCount",
    "Seats",
    "Server",
    "Session",
    "SessionGone",
    "SessionKeeper",
    "SessionMisuse",
    "Throttled",
    "Transport",
    "Unauthorized",
    "Unreachable",
    "UntrustedCertificate",
    "WipeTimes",
    "end_shell",
    "report",
    "requirements_of",
]
