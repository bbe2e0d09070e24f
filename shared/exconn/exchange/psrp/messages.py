"""What a running cmdlet tells beside its objects: errors, warnings, its state, and prompts.

Read with our own CLIXML reader, because real Exchange error records carry objects on which others stumble.
"""

from dataclasses import dataclass
from enum import IntEnum
from xml.etree.ElementTree import Element

from exconn.exchange.clixml.reader import Reader, or_malformed, parse, read
from exconn.exchange.clixml.scalars import to_text
from exconn.exchange.errors import Malformed


class MessageType(IntEnum):
    """PSRP message types that belong to a pipeline."""

    OUTPUT = 0x00041004
    ERROR = 0x00041005
    STATE = 0x00041006
    DEBUG = 0x00041007
    VERBOSE = 0x00041008
    WARNING = 0x00041009
    PROGRESS = 0x00041010
    INFORMATION = 0x00041011
    HOST_CALL = 0x00041100


PIPELINE_KINDS = frozenset(MessageType)


class PipelineState(IntEnum):
    """States of a pipeline; the last four end it."""

    NOT_STARTED = 0
    RUNNING = 1
    STOPPING = 2
    STOPPED = 3
    COMPLETED = 4
    FAILED = 5
    DISCONNECTED = 6


ENDED = frozenset({PipelineState.STOPPED, PipelineState.COMPLETED, PipelineState.FAILED, PipelineState.DISCONNECTED})

#: How much of an object's name is kept.
NAME_LENGTH = 256

#: Host methods without an answer (Write…, Notify…, SetShouldExit): the pipeline goes on by itself.
_NO_ANSWER_NEEDED = frozenset(map(str, (6, 9, 10, *range(13, 23))))


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """An error record: Exchange's sentence, the id of the error, the exception's type names, and what it is about."""

    text: str
    error_id: str = ""
    exception_types: tuple[str, ...] = ()
    #: The object as Exchange names it, which may name a person; empty where it does not say.
    target: str = ""

    @property
    def exception_type(self) -> str:
        """The most derived type, without the prefix that a deserializer would add."""
        return self.exception_types[0].removeprefix("Deserialized.") if self.exception_types else ""


def _error(reader: Reader, element: Element) -> ErrorDetail:
    record = reader.properties(element, 0)
    exception = next((e for e in element.iterfind("MS/Obj") if e.get("N") == "Exception"), None)
    fields = reader.properties(exception, 1) if exception is not None else {}
    types = reader.types(exception) if exception is not None else ()
    said = (record.get("ErrorDetails_Message"), fields.get("Message"), _shown(element), record.get("Exception"))
    target = _first_text(record.get("TargetObject"), record.get("ErrorCategory_TargetName"))
    return ErrorDetail(
        _first_text(*said), _first_text(record.get("FullyQualifiedErrorId")), types, target[:NAME_LENGTH]
    )


def _shown(element: Element) -> str:
    return to_text(element.findtext("ToString") or "")


def _first_text(*values: object) -> str:
    """The first text that says something. Never an object as text: it may repeat others without end."""
    return next((value for value in values if isinstance(value, str) and value), "")


def error_detail(body: bytes) -> ErrorDetail:
    """The error of an ERROR_RECORD message."""
    root = parse(body)
    return or_malformed(lambda: _error(Reader(root), root), body)


def pipeline_state(body: bytes) -> tuple[PipelineState, ErrorDetail | None]:
    """The state of a PIPELINE_STATE message, and the error that ended the pipeline if there is one."""
    root = parse(body)
    entries = {entry.get("N"): entry for entry in root.iterfind("MS/*")}
    number = entries.get("PipelineState")
    try:
        state = PipelineState(int(number.text or "")) if number is not None else None
    except ValueError:
        state = None
    if state is None:
        raise Malformed("a pipeline state that could not be read", body)
    reason = entries.get("ExceptionAsErrorRecord")
    if reason is None or reason.tag != "Obj":
        return state, None
    return state, or_malformed(lambda: _error(Reader(root), reason), body)


def warning_text(body: bytes) -> str:
    """The sentence of a WARNING_RECORD message."""
    record = read(body)
    if isinstance(record, dict):
        return _first_text(record.get("InformationalRecord_Message"), record.get("Message"))
    return _first_text(record)


def is_prompt(body: bytes) -> bool:
    """Does this host call wait for an answer?"""
    for entry in parse(body).iterfind("MS/Obj"):
        if entry.get("N") == "mi":
            number = entry.findtext("I32") or ""
            return number not in _NO_ANSWER_NEEDED
    return True
