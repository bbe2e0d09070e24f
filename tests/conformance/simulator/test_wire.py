"""The wire: what a client of WSMan and PSRP may rely on, checked byte by byte."""

import base64
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.support.exchange.raw_wsman import (
    EXCHANGE,
    SHELL,
    TRANSFER,
    Connect,
    RawClient,
    create_pipeline,
    fragment,
    message,
)
from tests.support.exchange.simulator import RunningSimulator
from tests.support.machine.processes import wait_until

TERMINATE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/terminate"
CTRL_C = "powershell/signal/crtl_c"


@pytest.mark.check("opening of a pool")
def test_pool_greets_in_two_receives_and_in_order(connect: Connect) -> None:
    client = connect()
    assert client.create().status == 200

    first, second = list(client.receive().fragments()), list(client.receive().fragments())

    assert [hex(f.message_type) for f in first] == ["0x10002", "0x21009"]
    assert [hex(f.message_type) for f in second] == ["0x21005"]
    assert first[0].data[8:24] == bytes(16)
    client.delete()


@pytest.mark.check("byte order mark")
def test_messages_start_with_a_byte_order_mark(raw: RawClient) -> None:
    replies = raw.finish(raw.run("Get-ActiveSyncOrganizationSettings"))
    assert [f.data[40:43] for r in replies for f in r.fragments()] == [b"\xef\xbb\xbf"] * 2


@pytest.mark.check("byte order mark")
def test_client_messages_may_have_a_byte_order_mark(connect: Connect) -> None:
    client = connect()
    assert client.create(bom=True).status == 200
    assert client.receive().status == 200
    client.delete()


@pytest.mark.check("relation of answers to requests")
def test_answers_relate_to_their_request(raw: RawClient) -> None:
    for reply in (raw.receive("unknown"), raw.request(f"{SHELL}/Nonsense")):
        assert reply.relates_to == reply.message_id


@pytest.mark.check("numbers of fragments and objects")
def test_object_ids_rise_over_the_whole_pool_and_fragments_are_contiguous(raw: RawClient) -> None:
    fragments = []
    for _ in range(2):
        command = raw.run("Get-MobileDevice", ("ResultSize", '<S N="V">Unlimited</S>'))
        fragments += [f for r in raw.finish(command) for f in r.fragments()]

    ids = [f.object_id for f in fragments if f.number == 0]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert all(f.flags == 3 for f in fragments)


@pytest.mark.check("size of envelopes")
@pytest.mark.parametrize("size", [8192, 20000, 153600])
def test_no_answer_is_larger_than_the_client_takes(connect: Connect, size: int) -> None:
    client = connect()
    client.create(size=size)
    client.receive(size=size)
    client.receive(size=size)

    replies = client.finish(client.run("Get-MobileDevice", ("ResultSize", '<S N="V">Unlimited</S>')), size=size)

    assert max(len(r.body) for r in replies) <= size
    assert len({f.object_id for r in replies for f in r.fragments()}) == 61
    client.delete()


@pytest.mark.check("numbers of fragments and objects")
def test_long_message_is_cut_into_fragments_that_join(connect: Connect) -> None:
    client = connect()
    client.create(size=8192)
    client.receive()
    client.receive()
    fragments = [f for r in client.finish(client.run("Get-Command"), size=8192) for f in r.fragments()]

    longest = max(f.object_id for f in fragments if f.number > 1)
    parts = [f for f in fragments if f.object_id == longest]
    assert [f.number for f in parts] == list(range(len(parts)))
    assert [f.flags for f in parts] == [1, *[0] * (len(parts) - 2), 2]
    client.delete()


@pytest.mark.check("input without a command id")
def test_input_for_a_pipeline_is_found_without_a_command_id(raw: RawClient) -> None:
    pipeline = uuid.uuid4()
    command = raw.run("Get-ActiveSyncOrganizationSettings", pipeline=pipeline)
    end_of_input = fragment(raw.next_object(), message(0x41003, raw.pool, pipeline, ""))

    assert raw.send(end_of_input).status == 200
    assert raw.finish(command)[-1].is_done


def test_pipeline_may_come_in_several_fragments(raw: RawClient) -> None:
    pipeline, command = uuid.uuid4(), str(uuid.uuid4()).upper()
    whole = message(0x21006, raw.pool, pipeline, create_pipeline("Get-ActiveSyncOrganizationSettings"))
    object_id = raw.next_object()

    assert raw.command_bytes(fragment(object_id, whole[:500], 0, 1), command).status == 200
    assert raw.send(fragment(object_id, whole[500:900], 1, 0), command).status == 200
    assert raw.send(fragment(object_id, whole[900:], 2, 2), command).status == 200

    assert raw.finish(command)[-1].is_done


def test_all_fragments_of_a_pipeline_may_come_with_its_command(raw: RawClient) -> None:
    # Windows sends the first alone; go-psrp sends them all.
    pipeline, command = uuid.uuid4(), str(uuid.uuid4()).upper()
    whole = message(0x21006, raw.pool, pipeline, create_pipeline("Get-ActiveSyncOrganizationSettings"))
    object_id = raw.next_object()
    first, second = fragment(object_id, whole[:500], 0, 1), fragment(object_id, whole[500:], 1, 2)

    assert raw.command_bytes(first + second, command).status == 200
    assert raw.finish(command)[-1].is_done


def test_name_without_value_takes_the_positional_value_behind_it(raw: RawClient, simulator: RunningSimulator) -> None:
    guid = simulator.devices(limit=1)[0]["guid"]
    command = raw.run("Get-MobileDevice", ("-Identity:", '<Nil N="V" />'), (None, f'<S N="V">{guid}</S>'))
    raw.finish(command)
    assert simulator.oracle("Get-MobileDevice")[-1]["parameters"] == {"Identity": guid}


@pytest.mark.check("spelling of the call id")
def test_number_of_runspaces_may_be_asked_in_either_spelling(raw: RawClient) -> None:
    for name in ("CI", "ci"):
        body = f'<Obj RefId="0"><MS><I32 N="MaxRunspaces">3</I32><I64 N="{name}">1</I64></MS></Obj>'
        assert raw.send(fragment(raw.next_object(), message(0x21002, raw.pool, None, body))).status == 200
        (answer,) = raw.receive().fragments()
        assert hex(answer.message_type) == "0x21004"


@pytest.mark.check("unknown shell or command")
def test_unknown_shell_and_unknown_command_fault(raw: RawClient) -> None:
    unknown = raw.request(f"{SHELL}/Receive", "<rsp:Receive/>", shell=str(uuid.uuid4()))
    assert (unknown.status, unknown.fault_code) == (500, "2150858843")
    assert raw.receive(str(uuid.uuid4())).fault_code == "2150858843"
    assert b"UnexpectedSelectors" in unknown.body


def test_shell_of_another_account_is_as_good_as_unknown(raw: RawClient, connect: Connect) -> None:
    stranger = connect("discovery")
    stranger.shell_id = raw.shell_id
    assert stranger.delete().fault_code == "2150858843"


@pytest.mark.check("receive after the end")
def test_receive_after_done_faults(raw: RawClient) -> None:
    command = raw.run("Get-ActiveSyncOrganizationSettings")
    assert raw.finish(command)[-1].is_done
    assert raw.receive(command).fault_code == "2150858843"


def test_state_comes_with_done_in_one_answer(raw: RawClient) -> None:
    last = raw.finish(raw.run("Get-ActiveSyncOrganizationSettings"))[-1]
    assert [hex(f.message_type) for f in last.fragments()][-1] == "0x41006"


@pytest.mark.check("operation timeout")
def test_operation_timeout_faults_in_time_and_leaves_the_pipeline_alone(
    raw: RawClient, simulator: RunningSimulator
) -> None:
    simulator.fault("slow", "Get-MobileDevice", seconds=1.2)
    command = raw.run("Get-MobileDevice")

    begin = time.monotonic()
    reply = raw.receive(command, timeout="PT0.5S")
    took = time.monotonic() - begin

    assert (reply.status, reply.fault_code) == (500, "2150858793")
    assert took == pytest.approx(0.5, abs=0.25)
    assert raw.finish(command)[-1].is_done


def test_timeout_that_is_no_duration_faults(raw: RawClient) -> None:
    assert raw.receive(timeout="soon").fault_code == "2150858767"


@pytest.mark.check("malformed messages")
@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 80,
        fragment(99, b"short"),
        fragment(99, message(0x21006, uuid.uuid4(), uuid.uuid4(), "<Objs><S>wrapped</S></Objs>")),
        fragment(99, message(0x21006, uuid.uuid4(), uuid.uuid4(), '<Obj RefId="0"><MS /></Obj>')),
        fragment(99, message(0x21006, uuid.uuid4(), uuid.uuid4(), "<Obj")),
        fragment(99, message(0xDEAD, uuid.uuid4(), uuid.uuid4(), "<S>what</S>")),
    ],
    ids=["zeros", "too short", "wrapped root", "empty pipeline", "broken XML", "unknown type"],
)
def test_malformed_psrp_faults_and_the_shell_survives(raw: RawClient, data: bytes) -> None:
    command = str(uuid.uuid4()).upper()
    reply = raw.command_bytes(data, command)

    assert reply.status == 500
    assert reply.xml.find(".//{*}Fault") is not None
    assert raw.receive(command).fault_code == "2150858843"
    assert raw.finish(raw.run("Get-ActiveSyncOrganizationSettings"))[-1].is_done


def test_content_that_is_not_base64_faults(raw: RawClient) -> None:
    body = "<rsp:Send><rsp:Stream Name='stdin'>***</rsp:Stream></rsp:Send>"
    assert raw.request(f"{SHELL}/Send", body).status == 500


@pytest.mark.check("end of a waiting receive")
def test_delete_aborts_a_parked_receive(connect: Connect, simulator: RunningSimulator) -> None:
    waiting, ending = connect(), connect()
    waiting.open()
    ending.shell_id = waiting.shell_id
    with ThreadPoolExecutor(1) as threads:
        parked = threads.submit(waiting.receive, timeout="PT15S")
        wait_until(lambda: simulator.counters()["parked_receives"] == 1, timedelta(seconds=5), "a parked Receive")
        assert ending.delete().status == 200
        assert parked.result(timeout=5).fault_code == "995"


@pytest.mark.check("freeing of commands")
def test_terminate_frees_the_command(raw: RawClient, simulator: RunningSimulator) -> None:
    command = raw.run("Get-ActiveSyncOrganizationSettings")
    raw.finish(command)
    assert simulator.counters()["open_commands"] == 1
    assert raw.signal(TERMINATE, command).status == 200
    assert simulator.counters()["open_commands"] == 0


@pytest.mark.check("stopping")
def test_control_c_ends_a_pipeline_as_stopped_at_once(raw: RawClient, simulator: RunningSimulator) -> None:
    simulator.fault("slow", "Get-MobileDevice", seconds=30)
    command = raw.run("Get-MobileDevice")

    begin = time.monotonic()
    assert raw.signal(CTRL_C, command).status == 200
    reply = raw.finish(command)[-1]

    assert time.monotonic() - begin < 1
    (state,) = reply.fragments()
    assert b'<I32 N="PipelineState">3</I32>' in state.data


def test_get_tells_of_the_shell_and_config_is_denied(raw: RawClient) -> None:
    shell = raw.request(f"{TRANSFER}/Get", resource=SHELL)
    assert shell.xml.findtext(f".//{{{SHELL}}}State") == "Connected"
    config = raw.request(f"{TRANSFER}/Get", resource="http://schemas.microsoft.com/wbem/wsman/1/config")
    assert config.fault_code == "5"


def test_wrong_resource_is_not_in_the_catalog(connect: Connect) -> None:
    assert connect().create(resource=f"{EXCHANGE}.Wrong").fault_code == "2150858811"


def test_request_that_is_too_large_gets_a_fault(raw: RawClient) -> None:
    reply = raw.send(b"x" * 600_000)
    assert (reply.status, reply.relates_to) == (500, reply.message_id)
    assert raw.finish(raw.run("Get-ActiveSyncOrganizationSettings"))[-1].is_done


def test_document_types_and_other_nonsense_fault(raw: RawClient) -> None:
    for body in (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"nonsense", b"<x/>"):
        status, answer, _ = raw.post(body)
        assert status == 500
        assert b"Fault" in answer


@pytest.mark.check("wrong credentials")
def test_wrong_or_missing_credentials_are_offered_basic(raw: RawClient) -> None:
    for wrong in ("Basic " + base64.b64encode(b"nobody:x").decode(), "Negotiate abc", "Basic ***", ""):
        status, _, headers = raw.post(b"<x/>", Authorization=wrong)
        assert status == 401
        assert headers["www-authenticate"].startswith("Basic ")


def test_other_addresses_are_not_found(raw: RawClient) -> None:
    assert raw.post(b"<x/>", path="/wsman")[0] == 404
    assert raw.post(b"<x/>", path="/powershell?serializationLevel=Full")[0] == 500
