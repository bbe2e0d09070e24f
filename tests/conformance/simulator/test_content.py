"""Values on the wire: long ones, many, awkward ones, and none at all."""

import gzip
import uuid
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conformance.simulator.sessions import Sessions
from tests.support.exchange.raw_wsman import RawClient, create_pipeline, fragment, message
from tests.support.exchange.simulator import RunningSimulator, running_simulator


@pytest.mark.check("pipeline id and command id")
def test_pipeline_id_need_not_be_the_command_id(raw: RawClient) -> None:
    pipeline = uuid.uuid4()
    (output, state) = [
        f for r in raw.finish(raw.run("Get-OrganizationConfig", pipeline=pipeline)) for f in r.fragments()
    ]
    assert output.data[24:40] == state.data[24:40] == pipeline.bytes_le


@pytest.mark.check("pipeline id and command id")
def test_ids_may_differ_in_their_byte_order_only(raw: RawClient) -> None:
    """One client wrote the pipeline's id the other way round, and Windows did not mind."""
    command = uuid.uuid4()
    turned = uuid.UUID(bytes_le=command.bytes)
    body = create_pipeline("Get-ActiveSyncOrganizationSettings")
    data = fragment(raw.next_object(), message(0x21006, raw.pool, turned, body))
    assert raw.command_bytes(data, str(command).upper()).status == 200
    last = raw.finish(str(command).upper())[-1]
    assert {f.data[24:40] for f in last.fragments()} == {command.bytes}


@pytest.mark.check("long strings and many objects")
def test_string_of_a_megabyte_comes_back_as_it_went(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    user = simulator.devices(limit=1)[0]["user"]
    text = "".join(chr(0x21 + i % 0x5D) for i in range(1_000_000))

    assert session.run("Set-CASMailbox", Identity=user, ActiveSyncAllowedDeviceIDs=[text]).errors == []
    (mailbox,) = session.run("Get-CASMailbox", Identity=user).output

    assert text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in (
        mailbox.adapted_properties["ActiveSyncAllowedDeviceIDs"].property_sets[0].replace("&quot;", '"')
    )


@pytest.mark.check("long strings and many objects")
def test_ten_thousand_objects_arrive_whole_and_in_order(raw: RawClient, simulator: RunningSimulator) -> None:
    simulator.control("POST", "/reset", {"devices": 10_000, "seed": 3})
    command = raw.run("Get-MobileDevice", ("ResultSize", '<S N="V">Unlimited</S>'))
    fragments = [f for reply in raw.finish(command) for f in reply.fragments()]
    found = [f.data.split(b'<G N="Guid">')[1][:36] for f in fragments if f.message_type == 0x41004]
    assert len(found) == len(set(found)) == 10_000
    assert [f.object_id for f in fragments] == list(range(fragments[0].object_id, fragments[0].object_id + 10_001))


AWKWARD = {
    "markup": "a & b < c > d \" e ' f",
    "section sign": "iPhone§ApplABC",
    "escape lookalike": "_x0041_ _x_ _X0041_",
    "astral plane": "\U0001f4f1 and \U00020000",
    "control characters": "bell \x07, tab \t, line\r\nend, delete \x7f",
    "blanks": "  leading, doubled  and trailing  ",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u202e abc",
    "combining": "e\u0301 ﬀ ß",
}


@pytest.mark.check("awkward characters")
@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
def test_text_comes_back_as_it_went(sessions: Sessions, text: str) -> None:
    session = sessions.governing()
    assert session.run("Set-ActiveSyncOrganizationSettings", UserMailInsert=text).errors == []
    (record,) = session.run("Get-ActiveSyncOrganizationSettings").records
    assert record["UserMailInsert"] == text


@pytest.mark.check("empty, null and missing values")
def test_empty_null_and_missing_are_three_things(sessions: Sessions, simulator: RunningSimulator) -> None:
    tablet = next(d for d in simulator.devices() if d["device_type"] == "iPad")
    session = sessions.governing()
    session.run("Set-ActiveSyncOrganizationSettings", UserMailInsert="")
    (settings,) = session.run("Get-ActiveSyncOrganizationSettings").records
    (device,) = session.run("Get-MobileDevice", Identity=tablet["guid"]).records
    assert settings["UserMailInsert"] == ""
    assert ("DeviceImei" in device, device["DeviceImei"]) == (True, None)
    assert "DeviceWipeAckTime" not in device


@pytest.mark.check("names and values of parameters")
def test_parameters_are_found_as_people_write_them(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open("actions")
    device = simulator.devices(limit=1)[0]
    user, asked = device["user"], {"Add": ["A1", "B2"], "Remove": ["C3"]}

    for spelled in ({"IDENTITY": user}, {"iden": user}):
        assert session.run("get-casmailbox", **spelled).errors == []
    session.run("Set-CASMailbox", Identity=user, ActiveSyncAllowedDeviceIDs=["C3", "D4"])
    session.run("Set-CASMailbox", Identity=user, ActiveSyncAllowedDeviceIDs=asked)
    (ambiguous,) = session.run("Set-CASMailbox", Identity=user, ActiveSync=["x"]).errors
    bare = session.prepare("Get-MobileDevice").add_parameter("ActiveSync")

    assert len(session.finish(bare).output) == len([d for d in simulator.devices() if d["client_type"] == "EAS"])
    assert "ambiguous" in str(ambiguous)
    (record,) = session.run("Get-CASMailbox", Identity=user).records
    assert record["ActiveSyncAllowedDeviceIDs"].property_sets[0].count("<S>") == 3


@pytest.mark.check("compression")
def test_compression_is_for_those_who_want_it(tmp_path: Path) -> None:
    with running_simulator(tmp_path, compression=True) as simulator, ExitStack() as stack:
        client = RawClient(simulator)
        stack.callback(client.close)
        headers = {}
        for wanted in ("identity", "gzip, deflate", "gzip;q=0"):
            _, body, headers[wanted] = client.post(b"<x/>", **{"Accept-Encoding": wanted})
            plain = gzip.decompress(body) if wanted == "gzip, deflate" else body
            assert b"SchemaValidationError" in plain
        assert [h.get("content-encoding") for h in headers.values()] == [None, "gzip", None]
        assert Sessions(simulator, stack).open().run("Get-OrganizationConfig").errors == []
