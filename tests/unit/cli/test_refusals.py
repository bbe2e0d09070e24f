"""What a command ends with when intake says no: the exit code of the word, whatever intake's version."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession
from exconn.contracts.refusals import REFUSALS, Refusal
from exconn.contracts.request import RequestKind
from exconn.signing import new_signing_key, save_signing_key


class SayingNo:
    """An intake that gives one answer to everything."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {}
        outer = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(409)
                self.end_headers()
                self.wfile.write(json.dumps(outer.answer).encode())

            def log_message(self, *_: object) -> None:
                return None

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture(scope="module")
def intake() -> Iterator[SayingNo]:
    made = SayingNo()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def session(intake: SayingNo, tmp_path: Path) -> CommandSession:
    save_signing_key(new_signing_key(), tmp_path / "key.pem")
    url = f"http://127.0.0.1:{intake.server.server_address[1]}"
    context = tmp_path / "context.toml"
    context.write_text(f'intake_url = "{url}"\nrequester = "anna"\nkey_file = "key.pem"\n')
    return CommandSession(str(context))


def code_of(session: CommandSession) -> tuple[ExitCode, str]:
    with pytest.raises(CommandError) as caught:
        send_request(session, RequestKind.PAUSE, "north")
    return caught.value.code, caught.value.text


@pytest.mark.parametrize("refusal", Refusal)
def test_each_word_has_its_exit_code(intake: SayingNo, session: CommandSession, refusal: Refusal) -> None:
    intake.answer = {"status": "refused", "error": refusal.value, "text": "for a reason", "remedy": "do something"}

    assert code_of(session) == (REFUSALS[refusal].exit_code, "for a reason")


def test_word_of_a_newer_intake_is_a_refusal(intake: SayingNo, session: CommandSession) -> None:
    intake.answer = {"status": "refused", "error": "of_a_newer_intake", "text": "for a new reason", "more": 1}

    assert code_of(session) == (ExitCode.REFUSED, "for a new reason")
