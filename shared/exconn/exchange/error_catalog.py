"""The one catalog of what Exchange says when something fails, and by what each row is known.

A row is known by a code, a status, an exception type, an error id or the invariant part of a sentence, never by a
whole sentence: it begins with server names, request ids and times, and is never the same twice. Rows stand in the
order in which they are tried: what names a wait comes before what only names a code.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

SHELL_NOT_FOUND = 2150858843
OPERATION_TIMED_OUT = 2150858793
WRONG_RESOURCE = 2150858811
#: 5 is Windows' own "access denied"; the other is the form seen in a sample.
ACCESS_DENIED = frozenset({5, 2150858819})
#: Codes recalled for "too many shells"; its sentences decide where they differ.
QUOTA = frozenset({2150859173, 2150859174})

#: Ends of the names of exceptions that pass by themselves. Those that end in TransientException say so; the others are
#: recalled: a database that is offline or being moved or failed over, a network error of the store, a busy server, a
#: domain controller that timed out.
TRANSIENT = (
    "TransientException",
    "MailboxOfflineException",
    "MailboxInTransitException",
    "MailboxInSiteFailoverException",
    "MailboxCrossSiteFailoverException",
    "WrongServerException",
    "MapiExceptionNetworkError",
    "MapiExceptionMdbOffline",
    "MapiExceptionMailboxInTransit",
    "MapiExceptionRpcServerTooBusy",
    "MapiExceptionTimeout",
    "ServerBusyException",
    "TimeoutException",
)

_UNSIGNED = 0xFFFFFFFF
#: Sentences are looked for in the beginning only: whoever writes the text decides how long it is, and a search keeps
#: every other thread waiting.
_SEARCHED = 4000


class Cause(StrEnum):
    """What lies behind a failure."""

    CMDLET_MISSING = "cmdlet missing"
    PARAMETER_MISSING = "parameter missing"
    BUDGET_EXCEEDED = "budget exceeded"
    TOO_MANY_SHELLS = "too many shells"
    SHELL_GONE = "shell gone"
    NO_ROLE = "no role"
    ACCESS_DENIED = "access denied"
    BAD_REQUEST = "bad request"
    RUNSPACE_BUDGET = "budget to create runspaces"
    FORBIDDEN = "forbidden"
    WRONG_ENDPOINT = "wrong endpoint"
    TIMED_OUT = "operation timed out"
    OBJECT_NOT_FOUND = "object not found"
    REFERRED = "referred to another domain"
    PROXY_FAILED = "proxied cmdlet failed"
    NOT_BOUND = "parameters not bound"
    TRANSIENT = "transient"


@dataclass(frozen=True, slots=True)
class Said:
    """What was heard: a sentence, a WSMan fault's code, a status without SOAP, an error record's id and types."""

    text: str = ""
    code: int | None = None
    status: int | None = None
    error_id: str = ""
    exception_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row: any one of its marks is enough."""

    cause: Cause
    sentence: re.Pattern[str] | None = None
    codes: frozenset[int] = frozenset()
    statuses: frozenset[int] = frozenset()
    #: Ends of the names of exception types, and of error ids.
    types: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    #: What else the text names, looked for on its own where the row fits.
    naming: re.Pattern[str] | None = None

    def is_typed(self, said: Said) -> bool:
        """Is it known by the type of an exception or the id of an error record?"""
        if any(name.endswith(self.types) for name in said.exception_types):
            return True
        # The id of an error record names the cmdlet behind a comma; its prefix names the exception.
        parts = (origin_of(said.error_id).failure, *said.error_id.split(","))
        return any(part.endswith(self.ids) for part in parts)

    def is_coded(self, said: Said) -> bool:
        """Is it known by a code or a status?"""
        # Codes are also written as signed numbers.
        coded = said.code is not None and said.code & _UNSIGNED in self.codes
        return coded or (said.status is not None and said.status in self.statuses)

    def words(self, said: Said) -> re.Match[str] | None:
        return self.sentence.search(said.text, 0, _SEARCHED) if self.sentence else None

    def named(self, said: Said) -> dict[str, str]:
        """What the text names."""
        also = self.naming.search(said.text, 0, _SEARCHED) if self.naming else None
        found = (words.groupdict() for words in (self.words(said), also) if words is not None)
        return {name: value for each in found for name, value in each.items() if value}


@dataclass(frozen=True, slots=True)
class Match:
    """The cause, and what the sentence named."""

    cause: Cause
    named: dict[str, str] = field(default_factory=dict)


def _sentence(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


ERROR_CATALOG: tuple[ErrorRow, ...] = (
    ErrorRow(
        Cause.CMDLET_MISSING,
        _sentence(r"The term '(?P<name>[^']{0,200})' is not recognized as the name of a cmdlet"),
        ids=("CommandNotFoundException",),
    ),
    ErrorRow(
        Cause.PARAMETER_MISSING,
        _sentence(r"A parameter cannot be found that matches parameter name '(?P<name>[^']{0,200})'"),
        ids=("NamedParameterNotFound",),
    ),
    ErrorRow(
        Cause.BUDGET_EXCEEDED,
        _sentence(
            r"The user load quota of .{0,200} has been exceeded(?:.{0,400}for at least\s+(?P<wait>\d{1,12})\s+millis)?"
        ),
    ),
    ErrorRow(
        Cause.TOO_MANY_SHELLS,
        _sentence(
            r"allowed a maximum number of (?P<limit>\d{1,9}) concurrent shells"
            r"|exceeded the maximum number of connections allowed\s*:\s*(?P<connections>\d{1,9})"
        ),
        codes=QUOTA,
    ),
    ErrorRow(
        Cause.RUNSPACE_BUDGET,
        # Its code comes with every refusal of the part of Exchange that opens runspaces.
        _sentence(r"exceeded your budget to create runspace(?:.{0,400}?wait for\s+(?P<seconds>\d{1,9})\s+second)?"),
    ),
    ErrorRow(Cause.SHELL_GONE, _sentence(r"the shell was not found on the server"), codes=frozenset({SHELL_NOT_FOUND})),
    ErrorRow(Cause.NO_ROLE, _sentence(r"isn.t assigned to any management roles")),
    ErrorRow(
        Cause.WRONG_ENDPOINT,
        _sentence(r"was not found in the WS-Management catalog"),
        codes=frozenset({WRONG_RESOURCE}),
    ),
    ErrorRow(Cause.ACCESS_DENIED, _sentence(r"Access is denied"), codes=ACCESS_DENIED, statuses=frozenset({401})),
    ErrorRow(Cause.BAD_REQUEST, statuses=frozenset({400})),
    ErrorRow(Cause.FORBIDDEN, statuses=frozenset({403})),
    ErrorRow(Cause.TIMED_OUT, codes=frozenset({OPERATION_TIMED_OUT})),
    ErrorRow(
        Cause.OBJECT_NOT_FOUND,
        _sentence(
            r"couldn.t be performed because object '.{0,1000}' couldn.t be found on '(?P<controller>[^']{1,256})'"
        ),
        types=("ManagementObjectNotFoundException",),
    ),
    # What a domain controller answers that is asked for an object of another domain by its distinguished name.
    ErrorRow(
        Cause.REFERRED,
        _sentence(r"A referral was returned|\b0000202B\b"),
        naming=_sentence(r"failed on (?P<controller>[\w.-]{1,255})\b"),
    ),
    ErrorRow(
        Cause.PROXY_FAILED,
        _sentence(r"Error on proxy command '.{0,1000}' to server (?P<server>[\w.-]{1,256})"),
        types=("CmdletProxyException",),
        ids=("CmdletProxyException",),
    ),
    ErrorRow(Cause.NOT_BOUND, types=("ParameterBindingException",)),
    ErrorRow(Cause.TRANSIENT, types=TRANSIENT, ids=TRANSIENT),
)


def recognise(said: Said) -> Match | None:
    """The row that fits, or None. A type decides before a sentence: sentences quote what people named."""
    row = next((row for row in ERROR_CATALOG if row.is_typed(said)), None)
    row = row or next((row for row in ERROR_CATALOG if row.is_coded(said) or row.words(said)), None)
    return Match(row.cause, row.named(said)) if row else None


_MICRO_DELAY = _sentence(r"Micro delay applied\. Actual delayed:\s*(?P<wait>\d{1,12})\s*msecs")


def micro_delay(warning: str) -> timedelta | None:
    """How long Exchange held a cmdlet back to slow the account down; None for any other warning."""
    found = _MICRO_DELAY.search(warning)
    return timedelta(milliseconds=int(found["wait"])) if found else None


_PREFIX = re.compile(r"\s*\[(?P<fields>[^\]]{0,1000})\]\s*")


#: Where such a prefix stands in the XML of a fault.
_PREFIX_OF_FAULT = re.compile(r">\s*(\[(?:ClientAccessServer|Server)=[^\]<]{0,1000}\])")


def server_behind(fault: str) -> str:
    """The server that a fault, as it came, says it is from; empty where it does not."""
    found = _PREFIX_OF_FAULT.search(fault)
    return origin_of(found[1]).server[:255] if found else ""


@dataclass(frozen=True, slots=True)
class Origin:
    """What stands before an Exchange sentence or error id, and the rest of it."""

    rest: str
    server: str = ""
    request_id: str = ""
    failure: str = ""


def origin_of(text: str) -> Origin:
    """Take off `[Server=…,RequestId=…,TimeStamp=…] [FailureCategory=…]`, or the same with BackEndServer."""
    fields: dict[str, str] = {}
    start = 0
    while (prefix := _PREFIX.match(text, start)) is not None and "=" in prefix["fields"]:
        pairs = (part.partition("=") for part in prefix["fields"].split(","))
        fields.update({name.strip(): value.strip() for name, _, value in pairs})
        start = prefix.end()
    server = fields.get("BackEndServer") or fields.get("Server") or fields.get("ClientAccessServer") or ""
    return Origin(text[start:], server, fields.get("RequestId", ""), fields.get("FailureCategory", ""))
