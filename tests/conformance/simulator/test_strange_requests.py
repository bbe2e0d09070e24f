"""What other people's clients send: other framing, other spelling, other ids, and still the same protocol."""

import base64
import http.client
import re
import socket
import ssl
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.exchange.raw_wsman import (
    CAPABILITY,
    INIT_POOL,
    NAMES,
    SHELL,
    TRANSFER,
    Connect,
    RawClient,
    create_pipeline,
    fragment,
    message,
)
from tests.support.exchange.simulator import RunningSimulator

IDENTIFY = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    b"<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>"
)
#: Any request that needs a logon and leaves nothing behind: its answer is a fault that proves that it was read.
PROBE = (
    b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">'
    b"<e:Header><wsa:Action>urn:probe</wsa:Action><wsa:MessageID>uuid:7f3a</wsa:MessageID></e:Header><e:Body/></e:Envelope>"
)
Talk = Callable[[bytes], tuple[int, bytes]]


@pytest.fixture
def talk(simulator: RunningSimulator) -> Iterator[Talk]:
    """Sends bytes over a connection of its own, and gives status and body of the answer."""
    address = urlsplit(simulator.url)
    context = ssl.create_default_context(cafile=simulator.ca_file)
    with (
        socket.create_connection((address.hostname, address.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=address.hostname) as secured,
    ):

        def talked(data: bytes) -> tuple[int, bytes]:
            secured.sendall(data)
            answer = http.client.HTTPResponse(secured)
            answer.begin()
            return answer.status, answer.read()

        yield talked


def logon(simulator: RunningSimulator) -> bytes:
    pair = f"{simulator.username('actions')}:{simulator.password('actions')}"
    return b"Basic " + base64.b64encode(pair.encode())


def test_body_may_come_in_chunks(talk: Talk, simulator: RunningSimulator) -> None:
    head = b"POST /PowerShell HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\nAuthorization: " + logon(simulator)
    chunks = b"".join(b"%x;part=1\r\n%s\r\n" % (len(p), p) for p in (PROBE[:10], PROBE[10:200], PROBE[200:]))
    assert b"<a:RelatesTo>uuid:7f3a</a:RelatesTo>" in talk(head + b"\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n")[1]


def test_next_request_begins_behind_the_chunks_of_the_last(talk: Talk, simulator: RunningSimulator) -> None:
    head = b"POST /PowerShell HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nAuthorization: " + logon(simulator)
    whole = head + b"\r\n\r\n" + b"%x\r\n%s\r\n0\r\n\r\n" % (len(PROBE), PROBE)
    assert [b"uuid:7f3a" in talk(whole)[1] for _ in range(2)] == [True, True]


@pytest.mark.parametrize("chunks", [b"zz\r\nabc\r\n", b"-3\r\nabc\r\n", b"2\r\nabc\r\n0\r\n\r\n"])
def test_broken_chunks_are_a_bad_request(talk: Talk, chunks: bytes) -> None:
    head = b"POST /PowerShell HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert talk(head + chunks) == (400, b"")


def test_what_follows_a_bad_request_is_said_and_the_connection_ends_with_a_goodbye(simulator: RunningSimulator) -> None:
    address = urlsplit(simulator.url)
    context = ssl.create_default_context(cafile=simulator.ca_file)
    with (
        socket.create_connection((address.hostname, address.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=address.hostname, suppress_ragged_eofs=False) as secured,
    ):
        secured.sendall(b"POST /PowerShell HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n")
        answer = b""
        # An end without a goodbye of TLS raises here.
        while part := secured.recv(4096):
            answer += part

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nConnection: close\r\n" in answer


def test_client_that_asks_before_it_sends_is_told_to_go_on(simulator: RunningSimulator) -> None:
    address = urlsplit(simulator.url)
    context = ssl.create_default_context(cafile=simulator.ca_file)
    with (
        socket.create_connection((address.hostname, address.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=address.hostname) as secured,
    ):
        secured.sendall(
            b"POST /PowerShell HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Length: %d\r\nAuthorization: %s\r\n\r\n" % (len(PROBE), logon(simulator))
        )
        assert secured.recv(200).startswith(b"HTTP/1.1 100 Continue")
        secured.sendall(PROBE)
        assert secured.recv(200).startswith(b"HTTP/1.1 500")


def test_http_1_0_and_headers_in_any_case_are_understood(talk: Talk, simulator: RunningSimulator) -> None:
    head = b"POST /POWERSHELL/ HTTP/1.0\r\nhost: x\r\ncontent-LENGTH: %d\r\nAUTHORIZATION: %s\r\n\r\n"
    assert b"uuid:7f3a" in talk(head % (len(PROBE), logon(simulator)) + PROBE)[1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_request_may_be_utf_16(raw: RawClient, encoding: str) -> None:
    text = '<?xml version="1.0" encoding="utf-16"?>' + PROBE.decode()
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    status, answer, _ = raw.post((mark + text).encode(encoding))
    assert status == 500
    assert b"<a:RelatesTo>uuid:7f3a</a:RelatesTo>" in answer
    assert b"ActionNotSupported" in answer


@pytest.mark.parametrize(
    ("action", "fault"),
    [
        ("urn:probe", "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault"),
        (f"{TRANSFER}/Get", "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"),
    ],
)
def test_a_fault_has_the_action_of_its_namespace(connect: Connect, action: str, fault: str) -> None:
    client = connect()

    answer = client.request(action, "")

    assert answer.status == 500
    assert answer.xml.findtext("s:Header/a:Action", namespaces=NAMES) == fault


def test_a_get_tells_the_load_of_a_shell(raw: RawClient) -> None:
    told = raw.request(f"{TRANSFER}/Get", "", resource=SHELL).xml

    assert told.findtext(".//rsp:Shell/rsp:ChildProcesses", namespaces=NAMES) == "0"
    assert told.findtext(".//rsp:Shell/rsp:MemoryUsed", namespaces=NAMES) == "71MB"


def test_document_type_is_refused_in_utf_16_too(raw: RawClient) -> None:
    _, answer, _ = raw.post("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>".encode("utf-16"))
    assert b"A document type is not allowed." in answer


@pytest.mark.parametrize("path", ["/PowerShell/", "/wsman", "/wsman-anon/identify"])
def test_stranger_may_ask_who_is_there(connect: Connect, path: str) -> None:
    status, answer, _ = connect().post(IDENTIFY, path=path, Authorization="", WSMANIDENTIFY="unauthenticated")
    assert status == 200
    assert b"<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>" in answer


def test_who_is_known_is_told_the_version(raw: RawClient) -> None:
    assert b"OS: 10.0.17763" in raw.post(IDENTIFY)[1]


def test_identify_opens_no_other_door(connect: Connect) -> None:
    """The word alone, in a request for something else, must not spare the logon."""
    body = PROBE.replace(b"<e:Body/>", b"<e:Body><Identify/></e:Body>")
    assert connect().post(body, Authorization="", WSMANIDENTIFY="unauthenticated")[0] == 401


def test_shell_may_be_named_by_the_server_and_the_pool_by_the_client(connect: Connect) -> None:
    client = connect()
    data = b"".join(
        fragment(client.next_object(), message(kind, client.pool, None, body))
        for kind, body in ((0x10002, CAPABILITY), (0x10004, INIT_POOL))
    )
    xml = f'<p:creationXml xmlns:p="http://schemas.microsoft.com/powershell">{base64.b64encode(data).decode()}</p:creationXml>'
    body = f"<rsp:Shell><rsp:InputStreams>stdin pr</rsp:InputStreams>{xml}</rsp:Shell>"

    created = client.request(f"{TRANSFER}/Create", body)
    client.shell_id = re.findall(r"<rsp:ShellId>([^<]+)<", created.body.decode())[0]
    (_, private_data) = client.receive().fragments()

    assert client.shell_id.lower() != str(client.pool)
    assert private_data.data[8:24] == client.pool.bytes_le
    assert client.delete().status == 200


@pytest.mark.check("stopping")
def test_stop_may_name_the_pipeline_instead_of_the_command(raw: RawClient, simulator: RunningSimulator) -> None:
    simulator.fault("slow", "Get-MobileDevice", seconds=30)
    pipeline = uuid.uuid4()
    command = raw.run("Get-MobileDevice", pipeline=pipeline)
    assert raw.signal("powershell/signal/ctrl_c", str(pipeline).upper()).status == 200
    (state,) = raw.finish(command)[-1].fragments()
    assert b'<I32 N="PipelineState">3</I32>' in state.data


def test_elements_may_have_any_prefix_and_selectors_any_case(raw: RawClient) -> None:
    body = (
        '<q:Envelope xmlns:q="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:k="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:m="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><q:Header>'
        f'<k:Action q:mustUnderstand="true">{TRANSFER}/Get</k:Action><k:MessageID>uuid:1</k:MessageID>'
        f'<m:ResourceURI q:mustUnderstand="true">{SHELL}</m:ResourceURI>'
        "<m:OperationTimeout>P0DT0H1M0S</m:OperationTimeout>"
        f'<m:SelectorSet><m:Selector Name="shellid">{raw.shell_id.lower()}</m:Selector></m:SelectorSet>'
        "</q:Header><q:Body/></q:Envelope>"
    )
    status, answer, _ = raw.post(body.encode())
    assert status == 200
    assert b"<rsp:State>Connected</rsp:State>" in answer


@pytest.mark.check("no language")
def test_script_text_ends_as_failed_and_the_shell_stays(raw: RawClient) -> None:
    command = str(uuid.uuid4()).upper()
    body = create_pipeline("Get-MobileDevice | Out-String", script=True)
    data = fragment(raw.next_object(), message(0x21006, raw.pool, uuid.uuid4(), body))
    assert raw.command_bytes(data, command).status == 200
    (state,) = raw.finish(command)[-1].fragments()
    assert b"ScriptsNotAllowed" in state.data
    assert raw.finish(raw.run("Get-ActiveSyncOrganizationSettings"))[-1].is_done
