"""WS-Management: which action does what to which shell.

Knows nothing of cmdlets: a decoded invocation goes to the `Runner`. Everything a client does wrong
ends as a fault and leaves the shell as it was.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol
from uuid import UUID, uuid4
from xml.sax.saxutils import escape

from exconn.simulator.cmdlets import failures
from exconn.simulator.control.counters import Counters
from exconn.simulator.errors import ConnectionCut, MalformedPsrp, WsmanFault
from exconn.simulator.faults.faults import Fault
from exconn.simulator.faults.hostile import spoiled_answer, spoiled_delivery
from exconn.simulator.organization.accounts import SimulatedAccount
from exconn.simulator.protocol import envelope
from exconn.simulator.protocol.envelope import SHELL, WsmanRequest
from exconn.simulator.protocol.invocations import Invocation, MetadataQuery
from exconn.simulator.protocol.outbound import Delivery
from exconn.simulator.protocol.pipeline import Pipeline
from exconn.simulator.protocol.shell import ENVELOPE_OVERHEAD, Shell, ShellTable

EXCHANGE = "http://schemas.microsoft.com/powershell/Microsoft.Exchange"
SHELL_RESOURCE = SHELL
CONFIGURATION = "http://schemas.microsoft.com/wbem/wsman/1/config"
_CONFIGURATION_TEXT = (
    f'<cfg:Config xmlns:cfg="{CONFIGURATION}"><cfg:MaxEnvelopeSizekb>{envelope.LARGEST_REQUEST // 1024}'
    "</cfg:MaxEnvelopeSizekb><cfg:MaxTimeoutms>60000</cfg:MaxTimeoutms></cfg:Config>"
)
_DONE = f"{SHELL}/CommandState/Done"
_PSH = "http://schemas.microsoft.com/powershell"
#: A body, whole or in pieces, or a whole answer that is broken on purpose.
Reply = str | list[bytes] | bytes
#: Where the pipeline id stands in a first fragment: after its header and 24 bytes of the message's.
_PIPELINE_ID = slice(45, 61)


class Runner(Protocol):
    """What runs pipelines."""

    def admit(self, account: SimulatedAccount) -> SimulatedAccount:
        """The account as its shell is to know it; WsmanFault when it may not open one."""

    def run(self, shell: Shell, pipeline: Pipeline, work: Invocation | MetadataQuery) -> None:
        """Start the pipeline, or raise what the request is to be answered with."""


class WsmanService:
    """Answers WSMan requests."""

    def __init__(
        self,
        shells: ShellTable,
        runner: Runner,
        counters: Counters,
        resource: str = EXCHANGE,
        server: str = "",
    ) -> None:
        self._shells = shells
        self._resource = resource
        self._server = server
        self._runner = runner
        self._counters = counters
        self._actions: dict[str, Callable[[WsmanRequest, SimulatedAccount], Reply]] = {
            f"{envelope.TRANSFER}/Create": self._create,
            f"{envelope.TRANSFER}/Get": self._get,
            f"{envelope.TRANSFER}/Delete": self._delete,
            f"{SHELL}/Command": self._command,
            f"{SHELL}/Send": self._send,
            f"{SHELL}/Receive": self._receive,
            f"{SHELL}/Signal": self._signal,
        }

    def answer(self, data: bytes, account: SimulatedAccount) -> bytes:
        """The answer to an authenticated request. WsmanFault, HttpRefusal and ConnectionCut pass through."""
        if len(data) > envelope.LARGEST_REQUEST:
            raise WsmanFault(
                "wsman:EncodingLimit",
                f"The request of {len(data)} bytes is larger than the maximum envelope size of "
                f"{envelope.LARGEST_REQUEST} bytes.",
            )
        request = envelope.read_request(data)
        action = self._actions.get(request.action)
        self._counters.request(request.action.rsplit("/", 1)[-1] if action else "unsupported")
        if action is None:
            raise WsmanFault("wsa:ActionNotSupported", f"The action {request.action} is not supported by the service.")
        try:
            reply = action(request, account)
        except MalformedPsrp as exc:
            raise envelope.internal_error(str(exc)) from exc
        return reply if isinstance(reply, bytes) else envelope.answer(request, reply)

    def _shell(self, request: WsmanRequest, account: SimulatedAccount) -> Shell:
        """The addressed shell of this configuration; fault 2150858843 when there is none."""
        shell = self._shells.get(request.shell_id, account, self._server)
        if shell.resource != self._resource:
            raise envelope.shell_not_found(request.shell_id)
        return shell

    def _create(self, request: WsmanRequest, account: SimulatedAccount) -> str:
        if request.resource_uri.lower() != self._resource.lower():
            raise failures.no_such_resource(request.resource_uri)
        account = self._runner.admit(account)
        requested = request.body.find(f"{{{SHELL}}}Shell")
        shell_id = (requested.get("ShellId") if requested is not None else None) or str(uuid4()).upper()
        content = _base64(request.body.findtext(f".//{{{_PSH}}}creationXml"))
        shell = self._shells.open(shell_id, account, request.max_envelope, self._resource, self._server)
        try:
            shell.receive_stream(content)
        except MalformedPsrp:
            self._shells.close(shell_id)
            raise
        return _resource_created(shell) + _shell_description(shell)

    def _get(self, request: WsmanRequest, account: SimulatedAccount) -> str:
        if request.resource_uri == CONFIGURATION and self._resource != EXCHANGE:
            return _CONFIGURATION_TEXT
        if request.resource_uri != SHELL_RESOURCE:
            raise WsmanFault("wsman:AccessDenied", "Access is denied.", code=envelope.ACCESS_DENIED)
        return _shell_description(self._shell(request, account), _LOAD)

    def _delete(self, request: WsmanRequest, account: SimulatedAccount) -> str:
        self._shell(request, account)
        self._shells.close(request.shell_id)
        return ""

    def _command(self, request: WsmanRequest, account: SimulatedAccount) -> str:
        shell = self._shell(request, account)
        line = request.body.find(f"{{{SHELL}}}CommandLine")
        if line is None:
            raise envelope.internal_error("The request has no CommandLine.")
        content = _base64(line.findtext(f"{{{SHELL}}}Arguments"))
        if len(content) < _PIPELINE_ID.stop:
            raise MalformedPsrp("the first fragment of the pipeline is too short")
        psrp_id = UUID(bytes_le=content[_PIPELINE_ID])
        command_id = line.get("CommandId") or str(uuid4()).upper()
        shell.expect_command(command_id, psrp_id)
        try:
            self._take(shell, content)
        except Exception:
            # Whatever refused it: a command that never started must not stay in the shell.
            shell.forget_command(command_id)
            raise
        return f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"

    def _take(self, shell: Shell, content: bytes) -> None:
        for work in shell.receive_stream(content):
            pipeline = shell.command_by_psrp_id(work.pipeline)
            if pipeline is None:
                raise MalformedPsrp(f"no command was announced for pipeline {work.pipeline}")
            self._runner.run(shell, pipeline, work)

    def _send(self, request: WsmanRequest, account: SimulatedAccount) -> str:
        shell = self._shell(request, account)
        for stream in request.body.iter(f"{{{SHELL}}}Stream"):
            # Whatever CommandId the stream names, the message inside says which pipeline it is for.
            self._take(shell, _base64(stream.text))
        return "<rsp:SendResponse/>"

    def _receive(self, request: WsmanRequest, account: SimulatedAccount) -> Reply:
        shell = self._shell(request, account)
        desired = request.body.find(f".//{{{SHELL}}}DesiredStream")
        command_id = desired.get("CommandId") if desired is not None else None
        room = request.max_envelope - ENVELOPE_OVERHEAD
        timeout = request.operation_timeout.total_seconds()
        with self._counters.parked_receive():
            if command_id is None:
                delivery = shell.pool_queue.take(room, timeout)
                return _receive_body(_delivered(delivery), None)
            pipeline = shell.command(command_id)
            if pipeline.delivered:
                raise envelope.command_not_found(command_id)
            return self._answer_of(request, pipeline, _delivered(pipeline.queue.take(room, timeout)))

    def _answer_of(self, request: WsmanRequest, pipeline: Pipeline, delivery: Delivery) -> Reply:
        pipeline.delivered = delivery.done
        if pipeline.cut_answer:
            pipeline.delivered = True
            pipeline.queue.discard()
            raise ConnectionCut
        if (fault := pipeline.hostile) is not None:
            return self._spoiled(request, pipeline, delivery, fault)
        body = _receive_body(delivery, pipeline.command_id)
        if pipeline.garble_answer:
            whole = envelope.answer(request, body)
            return whole[: len(whole) // 2]
        if delivery.done and not pipeline.without_state:
            for note in pipeline.on_delivered:
                note()
        return body

    @staticmethod
    def _spoiled(request: WsmanRequest, pipeline: Pipeline, delivery: Delivery, fault: Fault) -> bytes:
        kind = fault.order.kind
        if kind == "empty_answers":
            # For as long as anybody asks.
            pipeline.delivered = False
        else:
            pipeline.hostile = None
        body = _receive_body(spoiled_delivery(kind, delivery), pipeline.command_id)
        return spoiled_answer(kind, request, body, fault.seconds)

    def _signal(self, request: WsmanRequest, account: SimulatedAccount) -> str:
        shell = self._shell(request, account)
        signal = request.body.find(f"{{{SHELL}}}Signal")
        command_id = signal.get("CommandId") if signal is not None else None
        code = (signal.findtext(f"{{{SHELL}}}Code") or "").strip().lower() if signal is not None else ""
        if command_id is None:
            raise envelope.internal_error("The signal names no command.")
        if code.endswith(("/terminate", "/exit")):
            shell.free_command(command_id)
        elif code.endswith(("ctrl_c", "crtl_c", "ctrl_break")):
            # `crtl_c` is how PowerShell itself spells it on the wire.
            shell.signalled(command_id).stop()
        else:
            raise envelope.internal_error(f"The signal {code} is not known.")
        return "<rsp:SignalResponse/>"


def _base64(text: str | None) -> bytes:
    try:
        return b64decode("".join((text or "").split()), validate=True)
    except (Base64Error, ValueError) as exc:
        raise MalformedPsrp("the stream is not base64") from exc


def _delivered(delivery: Delivery | None) -> Delivery:
    if delivery is None:
        raise envelope.timed_out()
    if delivery.gone:
        raise envelope.aborted()
    return delivery


def _receive_body(delivery: Delivery, command_id: str | None) -> list[bytes]:
    """In pieces, as answers to a Receive are long."""
    command = "" if command_id is None else f' CommandId="{command_id}"'
    begin, end = f'<rsp:Stream Name="stdout"{command}>'.encode(), b"</rsp:Stream>"
    pieces = [b"<rsp:ReceiveResponse>"]
    for fragment in delivery.streams:
        pieces += (begin, fragment.encode(), end) if isinstance(fragment, str) else (begin, *fragment, end)
    if delivery.done and command:
        pieces.append(f'<rsp:CommandState{command} State="{_DONE}"></rsp:CommandState>'.encode())
    pieces.append(b"</rsp:ReceiveResponse>")
    return pieces


def _resource_created(shell: Shell) -> str:
    selector = f'<w:Selector Name="ShellId">{shell.id}</w:Selector>'
    return (
        f'<x:ResourceCreated xmlns:x="{envelope.TRANSFER}"><a:Address>{envelope.ANONYMOUS}</a:Address>'
        f"<a:ReferenceParameters><w:ResourceURI>{shell.resource}</w:ResourceURI><w:SelectorSet>"
        f"{selector}</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"
    )


#: What only a Get tells of a shell.
_LOAD = {"MemoryUsed": "71MB", "ChildProcesses": "0"}


def _shell_description(shell: Shell, further: Mapping[str, str] = MappingProxyType({})) -> str:
    fields: dict[str, str] = {
        "ShellId": shell.id,
        "Name": "Runspace1",
        "ResourceUri": shell.resource,
        "Owner": shell.account.username,
        "ClientIP": "127.0.0.1",
        "ProcessId": "4712",
        "IdleTimeOut": f"PT{shell.idle_seconds:.3f}S",
        "InputStreams": "stdin pr",
        "OutputStreams": "stdout",
        "MaxIdleTimeOut": "PT43200.000S",
        "Locale": "en-US",
        "DataLocale": "en-US",
        "CompressionMode": "NoCompression",
        "ProfileLoaded": "Yes",
        "Encoding": "UTF8",
        "BufferMode": "Block",
        "State": "Connected",
        "ShellRunTime": shell.run_time,
        "ShellInactivity": "P0DT0H0M0S",
        **further,
    }
    inner = "".join(f"<rsp:{name}>{escape(value)}</rsp:{name}>" for name, value in fields.items())
    return f"<rsp:Shell>{inner}</rsp:Shell>"
