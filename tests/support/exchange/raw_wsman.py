"""A bare WSMan and PSRP client for tests: every byte of a request is the test's own choice."""

import base64
import http.client
import ssl
import struct
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

from tests.support.exchange.simulator import RunningSimulator

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
EXCHANGE = "http://schemas.microsoft.com/powershell/Microsoft.Exchange"
NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "rsp": SHELL,
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
}
_ENVELOPE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" '
    f'xmlns:rsp="{SHELL}"><s:Header><a:Action>%(action)s</a:Action>'
    "<w:MaxEnvelopeSize>%(size)s</w:MaxEnvelopeSize><a:MessageID>%(message)s</a:MessageID>"
    "<w:OperationTimeout>%(timeout)s</w:OperationTimeout><w:ResourceURI>%(resource)s</w:ResourceURI>"
    '<w:SelectorSet><w:Selector Name="ShellId">%(shell)s</w:Selector></w:SelectorSet></s:Header>'
    "<s:Body>%(body)s</s:Body></s:Envelope>"
)

CAPABILITY = (
    '<Obj RefId="0"><MS><Version N="PSVersion">2.0</Version><Version N="protocolversion">2.3</Version>'
    '<Version N="SerializationVersion">1.1.0.1</Version></MS></Obj>'
)
INIT_POOL = (
    '<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32><I32 N="MaxRunspaces">1</I32>'
    '<Obj RefId="1" N="PSThreadOptions"><I32>0</I32></Obj><Obj RefId="2" N="ApartmentState"><I32>2</I32></Obj>'
    '<Obj RefId="3" N="HostInfo"><MS><B N="_isHostNull">true</B><B N="_isHostUINull">true</B>'
    '<B N="_isHostRawUINull">true</B><B N="_useRunspaceHost">true</B></MS></Obj>'
    '<Nil N="ApplicationArguments" /></MS></Obj>'
)


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    body: bytes
    message_id: str

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    @property
    def fault_code(self) -> str | None:
        fault = self.xml.find(".//f:WSManFault", NAMES)
        return None if fault is None else fault.get("Code")

    @property
    def relates_to(self) -> str | None:
        return self.xml.findtext("s:Header/a:RelatesTo", namespaces=NAMES)

    @property
    def is_done(self) -> bool:
        state = self.xml.find(".//rsp:CommandState", NAMES)
        return state is not None and (state.get("State") or "").endswith("/Done")

    def fragments(self) -> Iterator["Fragment"]:
        for stream in self.xml.iterfind(".//rsp:Stream", NAMES):
            data = base64.b64decode(stream.text or "")
            while data:
                object_id, number, flags, length = struct.unpack_from(">QQBI", data)
                yield Fragment(object_id, number, flags, data[21 : 21 + length])
                data = data[21 + length :]


@dataclass(frozen=True)
class Fragment:
    """A PSRP fragment from the server."""

    object_id: int
    number: int
    flags: int
    data: bytes

    @property
    def message_type(self) -> int:
        """Only of a first fragment."""
        return int(struct.unpack_from("<I", self.data, 4)[0])


def fragment(object_id: int, message: bytes, number: int = 0, flags: int = 3) -> bytes:
    return struct.pack(">QQBI", object_id, number, flags, len(message)) + message


def message(kind: int, pool: uuid.UUID, pipeline: uuid.UUID | None, body: str, *, bom: bool = False) -> bytes:
    pid = pipeline.bytes_le if pipeline else bytes(16)
    mark = b"\xef\xbb\xbf" if bom else b""
    return struct.pack("<II", 2, kind) + pool.bytes_le + pid + mark + body.encode()


def create_pipeline(
    cmdlet: str, *arguments: tuple[str | None, str], no_input: bool = True, script: bool = False
) -> str:
    """The body of a CREATE_PIPELINE; argument values are ready CLIXML with N="V"."""
    args = "".join(
        f'<Obj RefId="{20 + i}"><MS>{_name(name)}{value}</MS></Obj>' for i, (name, value) in enumerate(arguments)
    )
    merges = "".join(
        f'<Obj N="{name}" RefId="{100 + i}"><I32>0</I32></Obj>'
        for i, name in enumerate(("MergeMyResult", "MergeToResult", "MergePreviousResults"))
    )
    host = INIT_POOL[INIT_POOL.index('<Obj RefId="3"') : INIT_POOL.index('<Nil N="App')]
    return (
        f'<Obj RefId="0"><MS><B N="NoInput">{str(no_input).lower()}</B>'
        '<Obj RefId="1" N="ApartmentState"><I32>2</I32></Obj>'
        f'<Obj RefId="2" N="RemoteStreamOptions"><I32>0</I32></Obj><B N="AddToHistory">false</B>{host}'
        '<Obj RefId="4" N="PowerShell"><MS><Obj RefId="5" N="Cmds"><TN RefId="0">'
        "<T>System.Collections.ArrayList</T><T>System.Object</T></TN><LST>"
        f'<Obj RefId="6"><MS><S N="Cmd">{cmdlet}</S><Obj RefId="7" N="Args"><TNRef RefId="0" /><LST>{args}</LST></Obj>'
        f'<B N="IsScript">{str(script).lower()}</B><Nil N="UseLocalScope" />{merges}</MS></Obj></LST></Obj>'
        '<B N="IsNested">false</B><Nil N="History" /><B N="RedirectShellErrorOutputPipe">true</B></MS></Obj>'
        '<B N="IsNested">false</B></MS></Obj>'
    )


def _name(name: str | None) -> str:
    return '<Nil N="N" />' if name is None else f'<S N="N">{name}</S>'


class RawClient:
    """One connection and, once opened, one shell."""

    def __init__(self, simulator: RunningSimulator, account: str = "actions", path: str = "/PowerShell/") -> None:
        self._path = path
        address = urlsplit(simulator.url)
        assert address.hostname is not None
        self._connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
        if address.scheme == "https":
            context = ssl.create_default_context(cafile=simulator.ca_file)
            self._connection = http.client.HTTPSConnection(address.hostname, address.port, context=context, timeout=20)
        login = f"{simulator.username(account)}:{simulator.password(account)}"
        self.authorization = "Basic " + base64.b64encode(login.encode()).decode()
        self.pool = uuid.uuid4()
        self.shell_id = str(self.pool).upper()
        self._objects = 0

    def close(self) -> None:
        self._connection.close()

    def post(self, body: bytes, *, path: str = "/PowerShell/", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """A plain POST."""
        sent = {"Content-Type": "application/soap+xml;charset=UTF-8", "Authorization": self.authorization} | headers
        self._connection.request("POST", path, body, {n: v for n, v in sent.items() if v})
        answer = self._connection.getresponse()
        return answer.status, answer.read(), {n.lower(): v for n, v in answer.getheaders()}

    def request(
        self,
        action: str,
        body: str = "",
        *,
        resource: str = EXCHANGE,
        timeout: str = "PT5S",
        size: int = 512000,
        shell: str | None = None,
    ) -> Reply:
        """One WSMan request."""
        message_id = f"uuid:{uuid.uuid4()}"
        text = _ENVELOPE % {
            "action": action,
            "size": size,
            "message": message_id,
            "timeout": timeout,
            "resource": resource,
            "shell": self.shell_id if shell is None else shell,
            "body": body,
        }
        status, answer, _ = self.post(text.encode(), path=self._path)
        return Reply(status, answer, message_id)

    def next_object(self) -> int:
        self._objects += 1
        return self._objects

    def create(self, *, bom: bool = False, size: int = 512000, resource: str = EXCHANGE) -> Reply:
        """Create with the opening messages."""
        data = b"".join(
            fragment(self.next_object(), message(kind, self.pool, None, body, bom=bom))
            for kind, body in ((0x10002, CAPABILITY), (0x10004, INIT_POOL))
        )
        xml = f'<creationXml xmlns="http://schemas.microsoft.com/powershell">{base64.b64encode(data).decode()}</creationXml>'
        body = (
            f'<rsp:Shell ShellId="{self.shell_id}"><rsp:InputStreams>stdin pr</rsp:InputStreams>'
            f"<rsp:OutputStreams>stdout</rsp:OutputStreams>{xml}</rsp:Shell>"
        )
        return self.request(f"{TRANSFER}/Create", body, size=size, resource=resource)

    def open(self) -> None:
        """Create, and take the greeting."""
        assert self.create().status == 200
        assert self.receive().status == 200
        assert self.receive().status == 200

    def receive(self, command: str | None = None, *, timeout: str = "PT5S", size: int = 512000) -> Reply:
        attribute = f' CommandId="{command}"' if command else ""
        body = f"<rsp:Receive><rsp:DesiredStream{attribute}>stdout</rsp:DesiredStream></rsp:Receive>"
        return self.request(f"{SHELL}/Receive", body, timeout=timeout, size=size)

    def command_bytes(self, data: bytes, command: str) -> Reply:
        """Command with stream content of the test's own."""
        body = (
            f'<rsp:CommandLine CommandId="{command}"><rsp:Command></rsp:Command>'
            f"<rsp:Arguments>{base64.b64encode(data).decode()}</rsp:Arguments></rsp:CommandLine>"
        )
        return self.request(f"{SHELL}/Command", body)

    def run(self, cmdlet: str, *arguments: tuple[str | None, str], pipeline: uuid.UUID | None = None) -> str:
        """Start a cmdlet under a command id that differs from its pipeline id; returns the command id."""
        command = str(uuid.uuid4()).upper()
        body = create_pipeline(cmdlet, *arguments)
        data = fragment(self.next_object(), message(0x21006, self.pool, pipeline or uuid.uuid4(), body))
        reply = self.command_bytes(data, command)
        assert reply.status == 200, reply.body
        return command

    def send(self, data: bytes, command: str | None = None) -> Reply:
        attribute = f' CommandId="{command}"' if command else ""
        stream = f'<rsp:Stream Name="stdin"{attribute}>{base64.b64encode(data).decode()}</rsp:Stream>'
        return self.request(f"{SHELL}/Send", f"<rsp:Send>{stream}</rsp:Send>")

    def signal(self, code: str, command: str) -> Reply:
        body = f'<rsp:Signal CommandId="{command}"><rsp:Code>{code}</rsp:Code></rsp:Signal>'
        return self.request(f"{SHELL}/Signal", body)

    def delete(self) -> Reply:
        return self.request(f"{TRANSFER}/Delete")

    def finish(self, command: str, *, size: int = 512000) -> list[Reply]:
        """Receive until Done."""
        replies = [self.receive(command, size=size)]
        while not replies[-1].is_done:
            assert replies[-1].status == 200, replies[-1].body
            replies.append(self.receive(command, size=size))
        return replies


#: Makes a client for an account (the device-action one unless told otherwise), without a shell yet.
Connect = Callable[..., RawClient]
