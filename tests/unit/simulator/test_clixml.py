"""What the simulator writes, read back by two decoders that other people wrote."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psrpcore._crypto import PSRemotingCrypto
from psrpcore.types import deserialize
from pypsrp.serializer import Serializer

from exconn.simulator.cmdlets.mailboxes import describe
from exconn.simulator.errors import OBJECT_NOT_FOUND, ErrorRecord
from exconn.simulator.faults.lists import NONCHARACTERS
from exconn.simulator.organization.access import Access
from exconn.simulator.organization.directory import SERVERS, PendingWipe
from exconn.simulator.organization.numbers import NumberKind
from exconn.simulator.organization.organization import Organization
from exconn.simulator.protocol import messages
from exconn.simulator.protocol.clixml import Writer, escape, timespan_text
from exconn.simulator.shapes.device import device_text
from exconn.simulator.shapes.mailbox import cas_mailbox_text
from exconn.simulator.shapes.policy import policy_text, settings_text, size_text
from exconn.simulator.shapes.server import server_text
from exconn.simulator.shapes.statistics import Contact, statistics_text

ORGANIZATION = Organization(30, 7, datetime(2026, 3, 1, 12, tzinfo=UTC))
TOUCHED = datetime(2026, 3, 2, 8, 30, 5, 123456, tzinfo=UTC)


def by_psrpcore(text: str) -> Any:
    cipher = PSRemotingCrypto()
    cipher.register_key(os.urandom(32))
    return deserialize(ElementTree.fromstring(text), cipher)


def by_pypsrp(text: str) -> dict[str, Any]:
    decoded = Serializer().deserialize(text)
    properties: dict[str, Any] = decoded.adapted_properties
    return properties


def written(write: Any) -> str:
    writer = Writer()
    write(writer)
    return writer.text()


def device_sample(number: int = 0, *, mobile: bool = True) -> str:
    return device_text(ORGANIZATION.device(number), Access("Blocked", "Individual"), mobile=mobile)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "",
        " blanks ",
        "<&>\"'",
        "§ü€",
        "tab\tline\r\n",
        "\x00\x01\x7f",
        "astral \U0001f4f1",
        "_x0041_ looks escaped",
        "_x",
        "%s %% %(x)s",
    ],
)
def test_strings_come_back_as_they_were(text: str) -> None:
    clixml = written(lambda w: w.string(None, text))
    assert by_psrpcore(clixml) == text
    assert Serializer().deserialize(clixml) == text


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters=NONCHARACTERS), max_size=40))
def test_any_text_survives_escaping(text: str) -> None:
    assert by_psrpcore(f"<S>{escape(text)}</S>") == text


@pytest.mark.parametrize("forbidden", list(NONCHARACTERS))
def test_what_powershell_leaves_unescaped_is_left_unescaped(forbidden: str) -> None:
    assert escape(f"a{forbidden}b") == f"a{forbidden}b"


def test_empty_string_null_and_missing_differ() -> None:
    def write(writer: Writer) -> None:
        with writer.obj(), writer.element("Props"):
            writer.string("Empty", "")
            writer.string("Null", None)

    properties = by_pypsrp(written(write))
    assert properties == {"Empty": "", "Null": None}


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(minutes=15), "00:15:00"),
        (timedelta(days=30), "30.00:00:00"),
        (timedelta(days=1, hours=2, seconds=3), "1.02:00:03"),
        (timedelta(0), "00:00:00"),
        (-timedelta(minutes=1), "-00:01:00"),
    ],
)
def test_time_spans_look_like_those_of_dotnet(span: timedelta, text: str) -> None:
    assert timespan_text(span) == text
    decoded = by_psrpcore(written(lambda w: w.timespan(None, span)))
    assert str(decoded) == text
    assert decoded.TotalSeconds == span.total_seconds()


def test_device_reads_the_same_with_both_decoders() -> None:
    device = ORGANIZATION.device(0)
    text = device_sample()
    ours, theirs = by_psrpcore(text), by_pypsrp(text)
    for name, expected in (("DeviceId", device.device_id), ("Identity", device.identity), ("Guid", device.guid)):
        assert str(getattr(ours, name)) == expected
        assert str(theirs[name]) == expected
    assert (int(ours.DeviceAccessState), str(theirs["DeviceAccessState"])) == (2, "Blocked")
    assert theirs["DeviceAccessState"].property_sets == [2]
    assert list(ours.ObjectClass) == ["top", "msExchActiveSyncDevice"]
    assert ours.Id is ours.Identity
    assert ours.PSObject.type_names[0].endswith("SystemConfiguration.MobileDevice")


def test_dates_of_the_directory_are_local_with_offset_and_utc() -> None:
    properties = by_pypsrp(device_sample())
    local = datetime.fromisoformat(properties["WhenCreated"])
    utc = datetime.fromisoformat(properties["WhenCreatedUTC"].replace("Z", "+00:00"))
    assert local == utc
    assert local.utcoffset() == timedelta(hours=2)
    assert properties["FirstSyncTime"].endswith("Z")
    assert len(properties["FirstSyncTime"].split(".")[1]) == 8


def test_older_family_shows_its_subclass() -> None:
    names = by_psrpcore(device_sample(mobile=False)).PSObject.type_names
    assert [n.rsplit(".", 1)[-1] for n in names[:2]] == ["ActiveSyncDevice", "MobileDevice"]


def all_shapes() -> dict[str, str]:
    device = ORGANIZATION.device(1)
    contact = Contact(
        TOUCHED,
        PendingWipe(TOUCHED, TOUCHED, None, "a&b"),
        PendingWipe(),
        Access("Allowed", "Global"),
        "Default",
        False,
    )
    policy = ORGANIZATION.policies[1]
    guid = ORGANIZATION.dice.guid(NumberKind.POLICY, 1)
    return {
        "device": device_sample(),
        "outlook": device_sample(6),
        "statistics": statistics_text(device, contact),
        "owner": cas_mailbox_text(describe(ORGANIZATION, 7)),
        "policy": policy_text(policy, guid, TOUCHED, mobile=True),
        "older policy": policy_text(policy, guid, TOUCHED, mobile=False),
        "settings": settings_text(ORGANIZATION.settings, guid, TOUCHED),
        "server": server_text(SERVERS[0], guid, TOUCHED, version="2019"),
    }


@pytest.mark.parametrize("name", sorted(all_shapes()))
def test_nothing_is_sent_that_only_a_client_adds(name: str) -> None:
    text = all_shapes()[name]
    assert "Deserialized." not in text
    assert "RunspaceId" not in text
    assert "PSComputerName" not in text


@pytest.mark.parametrize("name", sorted(all_shapes()))
def test_every_shape_has_sound_references(name: str) -> None:
    root = ElementTree.fromstring(all_shapes()[name])
    objects = [e.get("RefId") for e in root.iter("Obj")]
    types = [e.get("RefId") for e in root.iter("TN")]
    assert len(objects) == len(set(objects))
    assert len(types) == len(set(types))
    assert {e.get("RefId") for e in root.iter("Ref")} <= set(objects)
    assert {e.get("RefId") for e in root.iter("TNRef")} <= set(types)
    assert by_psrpcore(all_shapes()[name]) is not None


def test_statistics_tell_of_a_pending_wipe() -> None:
    properties = by_pypsrp(all_shapes()["statistics"])
    assert properties["DeviceWipeRequestTime"] == "2026-03-02T08:30:05.1234560Z"
    assert properties["DeviceWipeAckTime"] is None
    assert properties["LastDeviceWipeRequestor"] == "a&b"
    assert str(properties["Status"]) == "DeviceWipePending"


def test_policy_shows_the_names_of_the_family_that_asks() -> None:
    shapes = all_shapes()
    new, old = by_psrpcore(shapes["policy"]), by_psrpcore(shapes["older policy"])
    assert new.MinPasswordLength == old.MinDevicePasswordLength == 4
    assert (str(new.MaxInactivityTimeLock), new.MaxInactivityTimeLock.IsUnlimited) == ("00:15:00", False)
    assert (str(new.PasswordExpiration), new.PasswordExpiration.IsUnlimited) == ("Unlimited", True)
    assert (str(new.MaxPasswordFailedAttempts), new.MaxPasswordFailedAttempts.Value) == ("8", 8)
    assert not hasattr(new, "MinDevicePasswordLength")
    assert new.IsDefault is True


def test_sizes_are_shown_round_and_exact() -> None:
    assert size_text(2 * 1024 * 1024) == "2 MB (2,097,152 bytes)"


def test_error_record_keeps_type_names_id_and_category() -> None:
    record = ErrorRecord("It's <gone>", ("A.B.GoneException", "A.Base"), "Id,Cmd", OBJECT_NOT_FOUND, "Get-X", "t", "S")
    decoded = by_psrpcore(messages.error_record(record))
    # The prefix is the reader's own doing.
    assert decoded.Exception.PSObject.type_names[:2] == [
        "Deserialized.A.B.GoneException",
        "Deserialized.A.Base",
    ]
    assert (decoded.Exception.Message, decoded.FullyQualifiedErrorId) == ("It's <gone>", "Id,Cmd")
    assert decoded.CategoryInfo.Category.name == "ObjectNotFound"
    assert (decoded.CategoryInfo.Activity, decoded.CategoryInfo.Reason) == ("Get-X", "GoneException")
