"""Answers that no sound server gives, on order: each should end as a clear error of the client, in bounded time."""

import gzip
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Literal, get_args

from exconn.simulator.errors import BareAnswer
from exconn.simulator.faults.bad_requests import bad_request
from exconn.simulator.protocol import envelope
from exconn.simulator.protocol.envelope import WsmanRequest
from exconn.simulator.protocol.fragments import halve_last_message
from exconn.simulator.protocol.outbound import Delivery, Fragment

#: What can be ordered for the answer of a cmdlet; all but the last spoil its first answer.
HostileKind = Literal[
    "wrong_relates_to",
    "doctype",
    "partial_clixml",
    "torn_fragment",
    "compressed",
    "redirect",
    "web_page",
    "drip",
    "receive_refused",
    "empty_answers",
]
KINDS: tuple[str, ...] = get_args(HostileKind)
_SOAP_TYPE = "application/soap+xml;charset=UTF-8"
_ENTITIES = b'<!DOCTYPE s:Envelope [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def spoiled_delivery(kind: str, delivery: Delivery) -> Delivery:
    """What a Receive would have taken along, with its content broken."""
    streams = [f if isinstance(f, str) else b"".join(f).decode() for f in delivery.streams]
    if kind == "empty_answers":
        return Delivery([], done=False)
    if kind == "partial_clixml" and streams:
        streams[0] = _recoded(streams[0], halve_last_message)
    if kind == "torn_fragment" and streams:
        streams[0] = _recoded(streams[0], lambda data: data[: len(data) // 2])
    kept: list[Fragment] = list(streams)
    return Delivery(kept, done=delivery.done)


def _recoded(text: str, change: Callable[[bytes], bytes]) -> str:
    return b64encode(change(b64decode(text))).decode()


def spoiled_answer(kind: str, request: WsmanRequest, body: list[bytes], seconds: float) -> bytes:
    """The whole answer, broken. BareAnswer where HTTP itself is what is wrong."""
    whole = envelope.answer(request, body)
    if kind == "wrong_relates_to":
        return whole.replace(request.message_id.encode(), b"uuid:00000000-0000-0000-0000-000000000000")
    if kind == "doctype":
        declaration, _, rest = whole.partition(b"?>")
        return declaration + b"?>" + _ENTITIES + rest
    if kind == "compressed":
        raise BareAnswer(200, {"Content-Type": _SOAP_TYPE, "Content-Encoding": "gzip"}, gzip.compress(whole, mtime=0))
    if kind == "redirect":
        raise BareAnswer(302, {"Location": "/elsewhere/"}, b"")
    if kind == "web_page":
        raise BareAnswer(200, {"Content-Type": "text/html"}, b"<html><body>Sign in</body></html>")
    if kind == "receive_refused":
        raise bad_request("bad_request")
    if kind == "drip":
        raise BareAnswer(200, {"Content-Type": _SOAP_TYPE}, whole, seconds=seconds)
    return whole
