"""What one Receive answers, as bytes, in whatever way a server writes it."""

from xml.etree.ElementTree import fromstring

import pytest

from exconn.exchange.wsman.receive import what_was_said

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
DONE = f'<r:CommandState State="{SHELL}/CommandState/Done" />'


def answered(content: str) -> tuple[bool, bytes]:
    return what_was_said(fromstring(f'<b xmlns:r="{SHELL}">{content}</b>'))


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        pytest.param('<r:Stream Name="stdout">YWI=</r:Stream><r:Stream Name="stdout">Yw==</r:Stream>', b"abc",
                     id="parts in order"),
        pytest.param('<r:Stream Name="stdout">\n  YW\n  I=\n</r:Stream>', b"ab", id="in lines"),
        pytest.param('<r:Stream Name="stdout" />', b"", id="nothing"),
    ],
)  # fmt: skip
def test_streams_are_joined_in_order(streams: str, expected: bytes) -> None:
    assert answered(f"<r:ReceiveResponse>{streams}</r:ReceiveResponse>") == (False, expected)


def test_the_end_of_the_command_is_seen_beside_its_last_words() -> None:
    stream = '<r:Stream Name="stdout">YWI=</r:Stream>'

    assert answered(f"<r:ReceiveResponse>{stream}{DONE}</r:ReceiveResponse>") == (True, b"ab")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("<r:ReceiveResponse><r:Stream>YW*I</r:Stream></r:ReceiveResponse>", id="no base64"),
        pytest.param("<r:ReceiveResponse><r:Stream>YWI</r:Stream></r:ReceiveResponse>", id="cut base64"),
        pytest.param("<r:CommandResponse />", id="another answer"),
    ],
)
def test_what_is_no_answer_to_a_receive_is_an_error(content: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        answered(content)
