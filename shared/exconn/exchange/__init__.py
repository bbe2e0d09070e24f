"""The production Exchange client: checked commands in, records and typed errors out."""

from exconn.exchange.catalogue import micro_delay
from exconn.exchange.commands import Command
from exconn.exchange.dialect import Dialect
from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import (
    INVOKING_FAILED,
    OPENING_FAILED,
    Ambiguous,
    BudgetExceeded,
    CmdletMissing,
    EndpointRefused,
    ExchangeError,
    Forbidden,
    InvalidCommand,
    Malformed,
    NoRole,
    NoSeat,
    NotSoap,
    ObjectNotFound,
    ParameterMissing,
    ProxyFailed,
    RefusedByExchange,
    RemotePowerShellDisabled,
    Retry,
    SessionGone,
    SessionMisuse,
    SslRequired,
    Throttled,
    TooManyShells,
    Unanswered,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
    WrongEndpoint,
)
from exconn.exchange.exposed import Lack, Requirement
from exconn.exchange.opath import AllOf, AnyOf, Comparison, Filter, Negation, Operator, where
from exconn.exchange.outages import Outages, Standing
from exconn.exchange.pace import Pace, Pacing
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
from exconn.exchange.scope import Target, Version, version_of
from exconn.exchange.seats import Orphan, Purpose, Renewal, Seat, SeatCount, Seats
from exconn.exchange.session import Answer, Session
from exconn.exchange.sign_in import SignIn, SignIns
from exconn.exchange.site_errors import NoServer, ServiceEnded
from exconn.exchange.topology import Candidate, SiteAddress, Step, candidates_for_site, older_than_newest, server_of
from exconn.exchange.transport import Batch, Transport
from exconn.exchange.values import UNLIMITED, Credential, ListChange
from exconn.exchange.warm import SessionKeeper
from exconn.exchange.watch import AccountWatch, is_refusal

__all__ = [
    "INVOKING_FAILED",
    "OPENING_FAILED",
    "REQUIREMENTS",
    "UNLIMITED",
    "AccountWatch",
    "AllOf",
    "Ambiguous",
    "Answer",
    "AnyOf",
    "Batch",
    "BudgetExceeded",
    "Candidate",
    "CmdletMissing",
    "Command",
    "Comparison",
    "Credential",
    "Device",
    "DeviceStatistics",
    "Dialect",
    "Endpoint",
    "EndpointRefused",
    "ExchangeError",
    "Filter",
    "Forbidden",
    "InvalidCommand",
    "Lack",
    "ListChange",
    "MailboxOwner",
    "MailboxPolicy",
    "Malformed",
    "Missing",
    "Negation",
    "NoRole",
    "NoSeat",
    "NoServer",
    "NotSoap",
    "ObjectNotFound",
    "Operator",
    "OrganizationSettings",
    "Orphan",
    "Outages",
    "Pace",
    "Pacing",
    "ParameterMissing",
    "Preflight",
    "ProxyFailed",
    "Purpose",
    "RefusedByExchange",
    "RemotePowerShellDisabled",
    "Renewal",
    "Requirement",
    "Retry",
    "Seat",
    "SeatCount",
    "Seats",
    "Server",
    "ServiceEnded",
    "Session",
    "SessionGone",
    "SessionKeeper",
    "SessionMisuse",
    "SignIn",
    "SignIns",
    "SiteAddress",
    "SslRequired",
    "Standing",
    "Step",
    "Target",
    "Throttled",
    "TooManyShells",
    "Transport",
    "Unanswered",
    "Unauthorized",
    "Unreachable",
    "UntrustedCertificate",
    "Version",
    "WipeTimes",
    "WrongEndpoint",
    "candidates_for_site",
    "end_shell",
    "is_refusal",
    "micro_delay",
    "older_than_newest",
    "report",
    "requirements_of",
    "server_of",
    "version_of",
    "where",
]
