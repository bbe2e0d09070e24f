"""A transcript holds no person, phone or host, whatever Exchange answered; and it still decodes."""

import json
import re
from collections.abc import Iterator
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exconn.exchange import Command, Malformed
from exconn.exchange.clixml.reader import read
from exconn.exchange.psrp.fragments import Message
from exconn.exchange.psrp.messages import MessageType, error_detail
from exconn.exchange.records import parse_device
from exconn.exchange.transcript.kept_and_dropped import WORDS
from exconn.exchange.transcript.pseudonyms import STRUCTURE, Pseudonyms
from exconn.exchange.transcript.recorder import FORMAT, Recorder, as_text, read_transcript

LETTERS = "abcdefghijklmnopqrstuvwxyzäöüéñçşł"
NAMES = st.text(LETTERS, min_size=4, max_size=12).filter(lambda name: name not in WORDS | STRUCTURE)
DIGITS = st.text("0123456789", min_size=9, max_size=15)
IDS = st.text("0123456789ABCDEF", min_size=16, max_size=32).filter(lambda text: sum(c.isdigit() for c in text) >= 8)
GUIDS = st.uuids().map(str)
DEVICES = Command("Get-MobileDevice", {"ResultSize": 10})


def message(kind: MessageType, clixml: str) -> Message:
    return Message(kind, bytes(16), bytes(40) + clixml.encode())


def recorded(*messages: Message, command: Command = DEVICES) -> str:
    recorder = Recorder()
    recorder.began(command)
    for each in messages:
        recorder.heard(each)
    return as_text(recorder.transcript({"exconn": "0"}))


def shown_texts(transcript: str) -> Iterator[str]:
    """Every text of a transcript's messages, without the names of types and properties."""
    for _, body in read_transcript(transcript)[0].messages:
        yield from (element.text or "" for element in fromstring(body).iter() if element.tag != "T")


def device(first: str, last: str, number: str, device_id: str, guid: str, host: str) -> str:
    user, domain = f"{first}.{last}", f"{host}.test"
    dn = f"CN=iPhone§{device_id},CN=ExchangeActiveSyncDevices,CN={first} {last},OU={last},DC={host},DC=test"
    texts = {
        "FriendlyName": f"{first}'s phone",
        "DeviceId": device_id,
        "DeviceImei": number,
        "DeviceTelephoneNumber": f"+{number[:2]} {number[2:5]} {number[5:]}",
        "DeviceType": "iPhone",
        "DeviceModel": "iPhone15C2",
        "DeviceUserAgent": f"Apple-iPhone15C2/2107.93 ({device_id})",
        "UserDisplayName": f"{domain}/{last}/{first} {last}",
        "PrimarySmtpAddress": f"{user}@{domain}",
        "DistinguishedName": dn,
        "Identity": f"{domain}/{last}/{user}/ExchangeActiveSyncDevices/iPhone§{device_id}",
        "OriginatingServer": f"dc-{host}.{domain}",
        "DeviceAccessState": "Allowed",
    }
    properties = "".join(f'<S N="{name}">{escape(text)}</S>' for name, text in texts.items())
    return (
        '<Obj RefId="0"><TN RefId="0"><T>Microsoft.Exchange.Data.MobileDevice</T><T>System.Object</T></TN>'
        f'<ToString>{first} {last}</ToString><Props>{properties}<G N="Guid">{guid}</G>'
        f'<BA N="Sid">{"QUJDRA=="}</BA><SS N="RecoveryPassword">{number}</SS></Props></Obj>'
    )


def error(first: str, last: str, host: str, guid: str) -> str:
    text = (
        f"[Server={host},RequestId={guid},TimeStamp=11/25/2026 1:02:03 AM] [FailureCategory=Cmdlet-X] The operation "
        f"couldn't be performed because object '{first} {last}' couldn't be found on '{host}.test'."
    )
    kind = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
    return (
        f'<Obj RefId="0"><ToString>{escape(text)}</ToString><MS><Obj N="Exception" RefId="1"><TN RefId="0"><T>{kind}'
        f'</T></TN><ToString>{kind}: {escape(text)}</ToString><Props><S N="Message">{escape(text)}</S>'
        f'<S N="StackTrace">at {host}</S></Props></Obj><S N="TargetObject">{first}</S>'
        f'<S N="FullyQualifiedErrorId">[Server={host},RequestId={guid}] A1B2C3D4,{kind}</S></MS></Obj>'
    )


@given(first=NAMES, last=NAMES, number=DIGITS, device_id=IDS, guid=GUIDS, host=NAMES)
@pytest.mark.slow
def test_no_personal_value_survives(first: str, last: str, number: str, device_id: str, guid: str, host: str) -> None:
    text = recorded(
        message(MessageType.ERROR, error(first, last, host, guid)),
        message(MessageType.OUTPUT, device(first, last, number, device_id, guid, host)),
        message(MessageType.WARNING, f"<S>{first} has more than 10 devices: {number}</S>"),
    )
    text = " ".join(shown_texts(text)).casefold()

    for value in (first, last, number, device_id, host, *guid.split("-")[:1], guid):
        assert not re.search(rf"(?<![^\W_]){re.escape(value.casefold())}(?![^\W_])", text), value
    assert f"{number[2:5]} {number[5:]}" not in text
    assert "quJDRA".casefold() not in text


@given(first=NAMES, last=NAMES, number=DIGITS, device_id=IDS, guid=GUIDS, host=NAMES)
def test_what_is_left_decodes_and_the_same_value_has_the_same_stand_in(
    first: str, last: str, number: str, device_id: str, guid: str, host: str
) -> None:
    text = recorded(message(MessageType.OUTPUT, device(first, last, number, device_id, guid, host)))

    ((kind, body),) = read_transcript(text)[0].messages
    found = parse_device(read(body))

    assert kind is MessageType.OUTPUT
    assert (found.device_type, found.model, found.access_state) == ("iPhone", "iPhone15C2", "Allowed")
    assert found.identity.endswith(f"iPhone§{found.device_id}")
    assert found.device_id in found.user_agent
    assert found.owner_dn
    assert found.owner_name.casefold() == read(body)["UserDisplayName"].rpartition("/")[2].casefold()
    assert len(found.guid) == len(guid)
    assert re.fullmatch(r"\+\d\d \d\d\d \d+", found.phone_number)


def test_an_error_is_still_known_by_its_words_and_its_type() -> None:
    text = recorded(message(MessageType.ERROR, error("jane", "roe", "ex01", "0f8fad5b-d9cb-469f-a165-70867728950e")))

    ((_, body),) = read_transcript(text)[0].messages
    detail = error_detail(body)

    assert "couldn't be found on '" in detail.text
    assert detail.exception_type.endswith("ManagementObjectNotFoundException")
    assert "FailureCategory" in detail.error_id or "FailureCategory" in detail.text


@pytest.mark.parametrize(
    "sentence",
    [
        "The user load quota of 3 requests per 10 seconds has been exceeded. Send future requests at a slower rate or "
        "raise the quota for this user. The next request from this user will not be approved for at least 4500 "
        "milliseconds.",
        "A parameter cannot be found that matches parameter name 'Cancel'.",
        "Micro delay applied. Actual delayed: 1500 msecs, Enforced",
        "Fail to create a runspace because you have exceeded the maximum number of connections allowed : 18",
    ],
)
def test_sentences_of_exchange_stay_word_for_word(sentence: str) -> None:
    ((_, body),) = read_transcript(recorded(message(MessageType.WARNING, f"<S>{escape(sentence)}</S>")))[0].messages

    assert read(body) == sentence


def test_metadata_keeps_the_names_of_cmdlets_and_parameters() -> None:
    clixml = (
        '<Obj RefId="0"><MS><S N="Name">Clear-MobileDevice</S><Obj N="Parameters" RefId="1"><DCT><En>'
        '<S N="Key">AccountOnly</S><S N="Value">jane</S></En></DCT></Obj><S N="ModuleName">jane</S></MS></Obj>'
    )
    command = Command("Get-Command", {"Name": ("Clear-MobileDevice",)})

    ((_, body),) = read_transcript(recorded(message(MessageType.OUTPUT, clixml), command=command))[0].messages

    assert read(body)["Name"] == "Clear-MobileDevice"
    assert list(read(body)["Parameters"]) == ["AccountOnly"]
    assert b"jane" not in body


def test_only_names_of_parameters_are_recorded_of_a_command() -> None:
    command = Command("Get-MobileDevice", {"Identity": "0f8fad5b-d9cb-469f-a165-70867728950e"})

    text = recorded(command=command)

    assert json.loads(text)["commands"] == [{"cmdlet": "Get-MobileDevice", "parameters": ["Identity"], "messages": []}]


def test_a_message_that_is_not_understood_is_not_shown() -> None:
    text = recorded(message(MessageType.OUTPUT, "<Obj>jane roe"))

    assert "jane" not in text
    assert "<Nil/>" in text


def test_a_recording_is_bounded_and_says_what_it_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exconn.exchange.transcript.recorder.MOST_MESSAGES", 3)

    (command,) = json.loads(recorded(*[message(MessageType.OUTPUT, "<S>a</S>")] * 5))["commands"]

    assert (len(command["messages"]), command["left_out"]) == (3, 2)


def test_two_recordings_have_other_stand_ins() -> None:
    first, second = Pseudonyms(b"1"), Pseudonyms(b"2")

    assert first.value("margaret") == first.value("margaret") != second.value("margaret")
    assert first.value("Margaret").casefold() == first.value("margaret")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1}', json.dumps({"format": FORMAT + 1, "commands": []})])
def test_a_file_that_is_no_transcript_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_transcript(text)
