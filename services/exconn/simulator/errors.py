"""What can go wrong inside the simulator, and the error records that a client sees.

SimulatorError
├── MalformedPsrp        a client's PSRP could not be read; becomes a WSMan fault
├── WsmanFault           answered as a SOAP fault
├── HttpRefusal          answered as a bare HTTP status
├── ConnectionCut        the connection is closed without an answer
├── BareAnswer           answered as these bytes, which no sound server sends
├── BadRequest           an order to the control port that can't be carried out
├── PipelineStopped      the client stopped the pipeline
└── CmdletFailed         a terminating error of a cmdlet, carrying its record
"""

from dataclasses import dataclass


class SimulatorError(Exception):
    """Base of all errors of the simulator."""


class MalformedPsrp(SimulatorError):
    """The client sent PSRP that cannot be read."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"malformed PSRP: {detail}")


class WsmanFault(SimulatorError):
    """A request that is answered by a SOAP fault."""

    def __init__(
        self,
        subcode: str,
        text: str,
        *,
        code: int | None = None,
        detail: str = "",
        sender: bool = True,
        provider: str = "",
    ) -> None:
        self.subcode = subcode
        self.text = text
        self.code = code
        self.detail = detail
        self.sender = sender
        #: Whose words the text is, where it is not WS-Management's own.
        self.provider = provider
        super().__init__(f"{subcode} {code}: {text}")


class HttpRefusal(SimulatorError):
    """A request that is answered by an HTTP status without SOAP."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"HTTP {status} {reason}")


class BareAnswer(SimulatorError):
    """A request that is answered as ordered, after a time of its own; only for faults."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes, *, seconds: float = 0) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.seconds = seconds
        super().__init__(f"HTTP {status} as ordered")


class BadRequest(SimulatorError):
    """An order to the control port that can't be carried out, with what to do instead."""

    def __init__(self, error: str, remedy: str, *, status: int = 400) -> None:
        self.error = error
        self.remedy = remedy
        self.status = status
        super().__init__(f"{error}; {remedy}")


class ConnectionCut(SimulatorError):
    """The connection is to be closed without an answer."""


class PipelineStopped(SimulatorError):
    """The client stopped or freed the pipeline, or its shell is gone."""


@dataclass(frozen=True, slots=True)
class Category:
    """A PowerShell error category."""

    number: int
    name: str


NOT_SPECIFIED = Category(0, "NotSpecified")
INVALID_ARGUMENT = Category(5, "InvalidArgument")
INVALID_DATA = Category(6, "InvalidData")
OBJECT_NOT_FOUND = Category(13, "ObjectNotFound")
OPERATION_STOPPED = Category(14, "OperationStopped")
PARSER_ERROR = Category(17, "ParserError")
WRITE_ERROR = Category(23, "WriteError")


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """An error as PowerShell records it; `types` is the exception's inheritance, nearest first."""

    message: str
    types: tuple[str, ...]
    error_id: str
    category: Category = NOT_SPECIFIED
    activity: str = ""
    target: str | None = None
    target_type: str = ""

    @property
    def reason(self) -> str:
        """The exception's short name, as the category line shows it."""
        return self.types[0].rsplit(".", 1)[-1]


class CmdletFailed(SimulatorError):
    """A terminating error: the pipeline ends as Failed with this record."""

    def __init__(self, record: ErrorRecord) -> None:
        self.record = record
        super().__init__(record.message)
