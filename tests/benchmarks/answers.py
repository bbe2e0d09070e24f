"""A server's answers without a server: what a client's `send` gets back for the requests of one session.

The objects are the simulator's devices; the answers are as full as Exchange fills them. Making an answer takes time
that is no client's: it is summed up in `spent`, to be taken off what a client used.
"""

import re
import time
from base64 import b64decode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID

from exconn.simulator.organization.access import Access
from exconn.simulator.organization.estate import TIDY, Estate
from exconn.simulator.organization.organization import Organization
from exconn.simulator.protocol import messages
from exconn.simulator.protocol.envelope import ADDRESSING, SHELL, SOAP, TRANSFER, WSMAN
from exconn.simulator.protocol.fragments import LARGEST_FRAGMENT, fragment_texts, message_bytes
from exconn.simulator.shapes.device import device_text

SEED = 7
#: Characters of one answer, as a client asks for them once it knows the server.
ANSWER_SIZE = 512_000
_STREAM_OVERHEAD = 110
_ACCESS = (
    Access("Allowed", "Global"),
    Access("Blocked", "Individual"),
    Access("Quarantined", "DeviceRule", "Old phones"),
)
_PIPELINE_ID = slice(45, 61)
_COMPLETED = 4
_OPENED = 2


def device_bodies(count: int, estate: Estate = TIDY) -> Iterator[str]:
    """The CLIXML of devices, each made when it is asked for."""
    organization = Organization(count, SEED, datetime(2026, 1, 1, tzinfo=UTC), estate)
    for number in organization.numbers():
        yield device_text(organization.device(number), _ACCESS[number % len(_ACCESS)], mobile=True)


def answer_bodies(objects: Iterable[str], pipeline: UUID, command_id: str) -> Iterator[str]:
    """The bodies of the answers that carry these objects; the last one carries the pipeline's state."""
    streams: list[str] = []
    size = 0
    number = 0
    for number, body in enumerate(objects, 1):  # the state takes the next number
        text = _stream(number, messages.PIPELINE_OUTPUT, body, pipeline, command_id)
        if size + len(text) > ANSWER_SIZE:
            yield _received(streams)
            streams, size = [], 0
        streams.append(text)
        size += len(text)
    state = messages.pipeline_state(_COMPLETED)
    streams.append(_stream(number + 1, messages.PIPELINE_STATE, state, pipeline, command_id))
    yield _received([*streams, f'<rsp:CommandState CommandId="{command_id}" State="{SHELL}/CommandState/Done" />'])


def envelope(body: str, relates_to: str) -> bytes:
    """A SOAP answer to the message with this id."""
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:w="{WSMAN}" '
        f'xmlns:rsp="{SHELL}"><s:Header><a:RelatesTo>{relates_to}</a:RelatesTo></s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _stream(number: int, kind: int, body: str, pipeline: UUID | None, command_id: str) -> str:
    whose = f' CommandId="{command_id}"' if command_id else ""
    fragments = fragment_texts(number, message_bytes(kind, UUID(int=0), pipeline, body), LARGEST_FRAGMENT)
    return "".join(f'<rsp:Stream Name="stdout"{whose}>{fragment}</rsp:Stream>' for fragment in fragments)


def _received(streams: list[str]) -> str:
    return f"<rsp:ReceiveResponse>{''.join(streams)}</rsp:ReceiveResponse>"


class CannedExchange:
    """Stands where a client's HTTP stands. One shell; every command answers with the same objects."""

    endpoint = "https://exchange.example/PowerShell/"

    def __init__(self, objects: Iterable[str]) -> None:
        self._objects = objects
        self._answers: Iterator[str] = iter(())
        self._pool = iter(_opening())
        #: Seconds of this process that went into making answers.
        self.spent = 0.0

    def send(self, message: bytes, **_options: object) -> bytes:
        started = time.process_time()
        request = message.decode()
        body = self._body(_found(r"Action[^>]*>([^<]+)<", request).rpartition("/")[2], request)
        answer = envelope(body, _found(r"MessageID[^>]*>([^<]+)<", request))
        self.spent += time.process_time() - started
        return answer

    def close(self) -> None:
        """Nothing is open."""

    def _body(self, action: str, request: str) -> str:
        if action == "Create":
            return (
                f'<x:ResourceCreated xmlns:x="{TRANSFER}" /><rsp:Shell><rsp:ShellId>'
                f"{_found(r'ShellId=.([0-9A-Fa-f-]{36})', request)}</rsp:ShellId></rsp:Shell>"
            )
        if action == "Command":
            return self._command(request)
        if action == "Receive":
            return next(self._answers if "CommandId" in request else self._pool)
        return f"<rsp:{action}Response />"

    def _command(self, request: str) -> str:
        command_id = _found(r'CommandId="([^"]+)"', request)
        first = b64decode(_found(r"Arguments[^>]*>([^<]+)<", request))
        self._answers = answer_bodies(self._objects, UUID(bytes_le=first[_PIPELINE_ID]), command_id)
        return f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"


def _opening() -> Iterator[str]:
    capability = (messages.SESSION_CAPABILITY, messages.session_capability())
    private = (messages.APPLICATION_PRIVATE_DATA, messages.application_private_data())
    state = (messages.RUNSPACE_POOL_STATE, messages.runspace_pool_state(_OPENED))
    yield _received([_stream(1, *capability, None, ""), _stream(2, *private, None, "")])
    yield _received([_stream(3, *state, None, "")])


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""
