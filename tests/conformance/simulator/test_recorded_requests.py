"""What clients once said to real Windows hosts is understood here: each message decoded, each pipeline found."""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr

from exconn.simulator.cmdlets import failures
from exconn.simulator.errors import MalformedPsrp
from exconn.simulator.organization.accounts import SimulatedAccount
from exconn.simulator.protocol.fragments import Joiner, read_message
from exconn.simulator.protocol.messages import CREATE_PIPELINE, GET_COMMAND_METADATA
from exconn.simulator.protocol.shell import Shell, ShellTable
from tests.support.exchange.recordings import Recording, recordings

_REQUEST = re.compile(r"^- request:(.*?)^  response:", re.MULTILINE | re.DOTALL)
_CONTENT = re.compile(
    r"<creationXml\b[^>]*>([^<]+)<|<rsp:Arguments\b[^>]*>([^<]+)<|<rsp:Stream\b[^>]*>([^<]+)<", re.DOTALL
)
_OPENING = "creationXml"


def said_by_the_client(recording: Recording) -> Iterator[tuple[bool, bytes]]:
    """The stream content of each request, and whether it opens a shell."""
    for request in _REQUEST.findall(recording.text):
        for found in _CONTENT.finditer(request):
            text = next(group for group in found.groups() if group)
            yield found.group().startswith(f"<{_OPENING}"), b64decode("".join(text.replace("\\n", "").split()))


def a_shell() -> Shell:
    account = SimulatedAccount("anybody", "anybody@corp.example", SecretStr("x"), "all")
    table = ShellTable(5, timedelta(hours=1), failures.too_many_shells)
    return table.open(str(UUID(int=1)), account, 512_000)


@pytest.fixture(scope="module")
def recorded() -> dict[str, Recording]:
    return recordings()


@pytest.mark.check("recorded sessions")
def test_every_message_of_a_recorded_client_is_understood(recorded: dict[str, Recording]) -> None:
    pipelines = understood = 0
    for recording in recorded.values():
        shell = a_shell()
        joiner = Joiner()
        for opens, data in said_by_the_client(recording):
            if opens:
                shell, joiner = a_shell(), Joiner()
            messages = [read_message(whole) for whole in joiner.add(data)]
            if any(m.type == CREATE_PIPELINE and b"<SS" in m.body for m in messages):
                # Encrypted with a key that nobody has any more.
                with pytest.raises(MalformedPsrp):
                    shell.receive_stream(data)
                continue
            pipelines += sum(m.type in (CREATE_PIPELINE, GET_COMMAND_METADATA) for m in messages)
            understood += len(shell.receive_stream(data))
    assert pipelines == understood
    assert pipelines >= 30
