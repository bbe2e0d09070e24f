"""SOAP envelopes of WS-Management: what a request says, and the text of answers and faults."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from exconn.simulator.errors import WsmanFault

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
ANONYMOUS = f"{ADDRESSING}/role/anonymous"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
#: Of faults whose subcode is one of the addressing namespace.
ADDRESSING_FAULT_ACTION = f"{ADDRESSING}/fault"

TIMED_OUT = 2150858793
UNEXPECTED_SELECTORS = 2150858843
INVALID_TIMEOUT = 2150858767
ACCESS_DENIED = 5
OPERATION_ABORTED = 995
INTERNAL_ERROR = 1359

SMALLEST_ENVELOPE = 8192
DEFAULT_ENVELOPE = 153600
#: Requests above this get a fault; what Exchange's own limit is can differ.
LARGEST_REQUEST = 512000

_DURATION = re.compile(r"^P(?:(\d{1,5})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class WsmanRequest:
    """The parts of a WSMan request that matter here."""

    action: str
    message_id: str
    resource_uri: str
    operation_timeout: timedelta
    max_envelope: int
    selectors: dict[str, str]
    body: ElementTree.Element = field(repr=False)

    @property
    def shell_id(self) -> str:
        """The addressed shell, as the client wrote it."""
        return self.selectors.get("shellid", "")


def read_request(data: bytes) -> WsmanRequest:
    """Parse a request; WsmanFault when it is no WSMan envelope."""
    data = as_utf8(data)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise WsmanFault("wsman:SchemaValidationError", "A document type is not allowed.")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - document types are refused above
    except ElementTree.ParseError as exc:
        raise WsmanFault("wsman:SchemaValidationError", f"The request is not well-formed XML: {exc}") from exc
    header = root.find(f"{{{SOAP}}}Header")
    body = root.find(f"{{{SOAP}}}Body")
    if header is None or body is None:
        raise WsmanFault("wsman:SchemaValidationError", "The request has no SOAP header or body.")
    return WsmanRequest(
        action=_header(header, ADDRESSING, "Action"),
        message_id=_header(header, ADDRESSING, "MessageID"),
        resource_uri=_header(header, WSMAN, "ResourceURI"),
        operation_timeout=_timeout(header),
        max_envelope=_max_envelope(header),
        selectors={s.get("Name", "").lower(): (s.text or "").strip() for s in header.iter(f"{{{WSMAN}}}Selector")},
        body=body,
    )


def as_utf8(data: bytes) -> bytes:
    """UTF-16, which Windows' own client sends, as UTF-8; other encodings are left to the parser."""
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return data
    text = data.decode("utf-16", "replace").removeprefix("\ufeff")
    return _DECLARATION.sub("", text).encode()


def message_id_of(data: bytes) -> str:
    """The message id even of a request that can't be read otherwise, so that a fault can name it."""
    data = as_utf8(data)
    match = re.search(rb"MessageID[^>]*>\s*([^<\s]+)\s*<", data)
    return match.group(1).decode("utf-8", "replace") if match else ""


def _header(header: ElementTree.Element, namespace: str, name: str) -> str:
    return (header.findtext(f"{{{namespace}}}{name}") or "").strip()


def _timeout(header: ElementTree.Element) -> timedelta:
    text = _header(header, WSMAN, "OperationTimeout") or "PT60S"
    match = _DURATION.match(text)
    if match is None or not any(match.groups()):
        raise WsmanFault(
            "wsa:InvalidMessageInformationHeader",
            f"The WS-Management service cannot process the request because the timeout {text} is not a valid duration.",
            code=INVALID_TIMEOUT,
        )
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return min(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds), _LONGEST_WAIT)


def _max_envelope(header: ElementTree.Element) -> int:
    text = _header(header, WSMAN, "MaxEnvelopeSize") or str(DEFAULT_ENVELOPE)
    if not text.isdigit() or int(text) < SMALLEST_ENVELOPE:
        raise WsmanFault(
            "wsman:EncodingLimit", f"MaxEnvelopeSize must be a number from {SMALLEST_ENVELOPE} up, not {text}."
        )
    return int(text)


def _envelope(action: str, relates_to: str, body: Iterable[bytes]) -> bytes:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:w="{WSMAN}" '
        f'xmlns:rsp="{SHELL}" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd">'
        f"<s:Header><a:Action>{action}</a:Action><a:MessageID>uuid:{str(uuid4()).upper()}</a:MessageID>"
        f"<a:To>{ANONYMOUS}</a:To><a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header>"
        "<s:Body>"
    )
    return b"".join((head.encode(), *body, b"</s:Body></s:Envelope>"))


def answer(request: WsmanRequest, body: str | list[bytes]) -> bytes:
    """The answer to a request; its action is the request's with `Response` added."""
    pieces = [body.encode()] if isinstance(body, str) else body
    return _envelope(f"{request.action}Response", request.message_id, pieces)


def fault(relates_to: str, problem: WsmanFault) -> bytes:
    """A fault with the WSManFault detail that clients look for."""
    code = "" if problem.code is None else f' Code="{problem.code}"'
    value = "s:Sender" if problem.sender else "s:Receiver"
    subcode = problem.subcode.replace("wsman:", "w:").replace("wsa:", "a:")
    text = escape(problem.text)
    if not subcode:
        # Nothing is said at all.
        bare = f'<s:Fault><s:Code><s:Value>{value}</s:Value></s:Code><s:Reason><s:Text xml:lang="en-US"/></s:Reason>'
        return _envelope(FAULT_ACTION, relates_to, [f"{bare}</s:Fault>".encode()])
    words = text
    if problem.provider:
        words = f'<f:ProviderFault provider={quoteattr(problem.provider)} path="">{text}</f:ProviderFault>'
    body = (
        f"<s:Fault><s:Code><s:Value>{value}</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{text}</s:Text></s:Reason><s:Detail>{problem.detail}'
        f'<f:WSManFault xmlns:f="{FAULT}"{code} Machine={quoteattr(MACHINE)}><f:Message>{words}</f:Message>'
        "</f:WSManFault></s:Detail></s:Fault>"
    )
    action = ADDRESSING_FAULT_ACTION if problem.subcode.startswith("wsa:") else FAULT_ACTION
    return _envelope(action, relates_to, [body.encode()])


#: The machine that faults name.
MACHINE = "ex1.corp.example"


def timed_out() -> WsmanFault:
    """Nothing to give yet: ask again."""
    return WsmanFault(
        "wsman:TimedOut",
        "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.",
        code=TIMED_OUT,
        sender=False,
    )


def shell_not_found(shell_id: str) -> WsmanFault:
    """The shell is not there, or no longer."""
    return WsmanFault(
        "wsman:InvalidSelectors",
        f"The request for the Windows Remote Shell with ShellId {shell_id} failed because the shell was not found on "
        "the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the "
        "server. Provide the correct ShellId or create a new shell and retry the operation.",
        code=UNEXPECTED_SELECTORS,
        detail=_UNEXPECTED,
    )


def command_not_found(command_id: str) -> WsmanFault:
    """The command is not there, or has given its last."""
    return WsmanFault(
        "wsman:InvalidSelectors",
        f"The Windows Remote Shell received a request to perform an operation on a command identifier {command_id} "
        "that does not exist. Either the command has completed execution or the client specified an invalid command "
        "identifier.",
        code=UNEXPECTED_SELECTORS,
        detail=_UNEXPECTED,
    )


_UNEXPECTED = (
    "<w:FaultDetail>http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors</w:FaultDetail>"
)


def aborted() -> WsmanFault:
    """The shell went away under a waiting request."""
    return WsmanFault(
        "wsman:InternalError",
        "The I/O operation has been aborted because of either a thread exit or an application request.",
        code=OPERATION_ABORTED,
        sender=False,
    )


def internal_error(detail: str) -> WsmanFault:
    """The request's content could not be processed."""
    return WsmanFault("wsman:InternalError", detail, code=INTERNAL_ERROR, sender=False)
