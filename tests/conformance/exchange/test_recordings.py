"""Our framing and our reader on what real Windows hosts answered, beside the two reference decoders.

Which messages each recording holds is this project's own list, `recorded_messages.json`; where both references lost a
value, `WHERE_BOTH_LOST` is this project's own reading. The recordings themselves are fetched, never kept.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from psrpcore.types import deserialize
from pypsrp.powershell import Fragmenter
from pypsrp.serializer import Serializer

from exconn.exchange.clixml import reader
from exconn.exchange.clixml.decoder import Decoder
from exconn.exchange.psrp.fragments import Message
from exconn.exchange.psrp.messages import MessageType, error_detail, pipeline_state, warning_text
from tests.support.exchange.decoders import LOST, compared
from tests.support.exchange.recordings import Recording, recordings

EXPECTED: dict[str, list[str]] = json.loads((Path(__file__).parent / "recorded_messages.json").read_text("utf-8"))

#: Message types by [MS-PSRP] 2.2.1.
NAMES = {
    0x00010002: "SESSION_CAPABILITY",
    0x00010006: "ENCRYPTED_SESSION_KEY",
    0x00021004: "RUNSPACE_AVAILABILITY",
    0x00021005: "RUNSPACEPOOL_STATE",
    0x00021009: "APPLICATION_PRIVATE_DATA",
    0x00041004: "PIPELINE_OUTPUT",
    0x00041005: "ERROR_RECORD",
    0x00041006: "PIPELINE_STATE",
    0x00041007: "DEBUG_RECORD",
    0x00041008: "VERBOSE_RECORD",
    0x00041009: "WARNING_RECORD",
    0x00041010: "PROGRESS_RECORD",
    0x00041011: "INFORMATION_RECORD",
    0x00041100: "PIPELINE_HOST_CALL",
}
_RECORDS = {MessageType.ERROR, MessageType.WARNING, MessageType.DEBUG, MessageType.VERBOSE}
_WRITE_ERROR = {
    "Exception": "Microsoft.PowerShell.Commands.WriteErrorException: error",
    "FullyQualifiedErrorId": "Microsoft.PowerShell.Commands.WriteErrorException",
    "ErrorCategory_Reason": "WriteErrorException",
    "TargetObject": None,
}
#: Properties of outputs that both references put into classes of their own, in their order.
WHERE_BOTH_LOST: dict[str, list[dict[str, Any]]] = {
    "test_psrp_get_command_metadata": [{"Count": 3}, {"Count": 2}, {"Count": 2}],
    "test_psrp_merge_commands": [
        {"WriteDebugStream": True, "InformationalRecord_Message": "debug stream"},
        {"WriteVerboseStream": True, "InformationalRecord_Message": "verbose stream"},
        _WRITE_ERROR | {"Exception": "Microsoft.PowerShell.Commands.WriteErrorException: error stream"},
        {"WriteWarningStream": True, "InformationalRecord_Message": "warning stream"},
        {"MessageData": "information stream", "Source": "Write-Information", "Tags": []},
    ],
    "test_psrp_pshost_raw_ui_mocked_methods": [
        {"X": 1, "Y": 2},
        {"X": 11, "Y": 12},
        {"X": 3, "Y": 4},
        {"X": 13, "Y": 14},
        {"Width": 80, "Height": 80},
        {"Width": 8, "Height": 9},
        {"Width": 80, "Height": 80},
        {"Width": 8, "Height": 9},
        {"VirtualKeyCode": 65, "Character": "a", "ControlKeyState": "CapsLockOn", "KeyDown": True},
    ],
    "test_psrp_pshost_ui_mocked_methods": [{"UserName": "username", "Password": None}],
    "test_psrp_run_protocol_version_2.1": [_WRITE_ERROR],
    "test_psrp_run_protocol_version_2.2": [_WRITE_ERROR],
    "test_psrp_run_protocol_version_2.3": [_WRITE_ERROR],
}


class _KeepsTexts(Serializer):
    """For pypsrp's framing alone: on some recorded objects its reading fails."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def deserialize(self, value: Any, metadata: Any = None, clear: bool = True) -> Any:
        self.texts.append(value)
        return metadata and metadata.object()


@pytest.fixture(scope="module")
def recorded() -> dict[str, Recording]:
    return recordings()


def kinds(messages: list[Message]) -> list[str]:
    """The types of messages in their order; a row of one type as `TYPE x count`."""
    rows = [(name, len(list(row))) for name, row in groupby(NAMES[message.kind] for message in messages)]
    return [name if count == 1 else f"{name} x {count}" for name, count in rows]


def test_the_package_holds_the_recordings_that_are_listed(recorded: dict[str, Recording]) -> None:
    assert sorted(recorded) == sorted(EXPECTED)


@pytest.mark.check("recorded sessions")
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_recording_holds_the_messages_that_are_listed(recorded: dict[str, Recording], name: str) -> None:
    assert kinds(recorded[name].messages()) == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_messages_are_put_together_as_pypsrp_does(recorded: dict[str, Recording], name: str) -> None:
    texts = _KeepsTexts()
    fragmenters: dict[str, Fragmenter] = {}
    kinds_by_pypsrp = []
    for shell, data in recorded[name].streams():
        fragmenter = fragmenters.setdefault(shell, Fragmenter(100_000, texts))
        kinds_by_pypsrp += [int(message.message_type) for message in fragmenter.defragment(data)]

    ours = recorded[name].messages()
    assert [message.kind for message in ours] == kinds_by_pypsrp
    assert [message.body.decode("utf-8-sig") for message in ours] == texts.texts


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_message_is_read_as_a_reference_reads_it(recorded: dict[str, Recording], name: str) -> None:
    ours_alone = []
    decoder = Decoder()

    for message in recorded[name].messages():
        ours = reader.read(message.body)
        assert decoder.read_all(message.body) == [ours]
        wrong, lost = compared(message.body, ours)
        assert wrong == []
        if lost == [""] and message.kind not in _RECORDS:
            ours_alone.append(ours)
        else:
            # Records are compared field by field below; so is what ended a pipeline.
            assert lost in ([], [""], ["/ExceptionAsErrorRecord"])

    expected = WHERE_BOTH_LOST.get(name, [])
    chosen = [{key: value[key] for key in wish} for value, wish in zip(ours_alone, expected, strict=True)]
    assert chosen == expected


def _of_kind(recorded: dict[str, Recording], kind: MessageType) -> Iterator[tuple[bytes, Any, Any]]:
    """Bodies of one type, with what pypsrp and psrpcore make of them."""
    for recording in recorded.values():
        for message in recording.messages():
            if message.kind == kind:
                text = message.body.decode("utf-8-sig")
                yield message.body, Serializer().deserialize(text), _of_psrpcore(text)


def _of_psrpcore(text: str) -> Any:
    """LOST for records with an invocation, on which it fails."""
    try:
        return deserialize(fromstring(text), cipher=None)  # type: ignore[arg-type]
    except AttributeError:
        return LOST


def test_error_records_say_what_both_references_say(recorded: dict[str, Recording]) -> None:
    count = 0
    for body, by_pypsrp, by_psrpcore in _of_kind(recorded, MessageType.ERROR):
        ours = error_detail(body)
        assert (ours.text, ours.error_id) == (str(by_pypsrp), by_pypsrp.fq_error)
        assert ours.exception_types == tuple(by_pypsrp.exception.types)
        assert (ours.text, ours.error_id) == (by_psrpcore.Exception.Message, by_psrpcore.FullyQualifiedErrorId)
        count += 1

    assert count == 4


def test_states_and_what_ended_a_pipeline_are_those_of_both_references(recorded: dict[str, Recording]) -> None:
    failed = 0
    for body, by_pypsrp, by_psrpcore in _of_kind(recorded, MessageType.STATE):
        state, reason = pipeline_state(body)
        assert int(state) == by_pypsrp.extended_properties["PipelineState"] == int(by_psrpcore.PipelineState)
        if reason is not None:
            theirs = by_pypsrp.extended_properties["ExceptionAsErrorRecord"]
            assert (reason.text, reason.error_id) == (str(theirs), theirs.fq_error)
            assert reason.text == by_psrpcore.ExceptionAsErrorRecord.Exception.Message
            failed += 1

    assert failed == 6


@pytest.mark.parametrize(
    ("kind", "expected"), [(MessageType.WARNING, 5), (MessageType.DEBUG, 12), (MessageType.VERBOSE, 4)]
)
def test_sentences_of_warnings_are_those_of_both_references(
    recorded: dict[str, Recording], kind: MessageType, expected: int
) -> None:
    found = list(_of_kind(recorded, kind))

    for body, by_pypsrp, by_psrpcore in found:
        assert warning_text(body) == by_pypsrp.message
        assert by_psrpcore is LOST or by_psrpcore.Message == by_pypsrp.message
    assert len(found) == expected
