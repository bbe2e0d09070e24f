"""Somebody who plays intake is seen: the command line takes no answer that intake did not sign, for this request."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from exconn.cli.main import main
from exconn.signing import SigningKey, new_signing_key, save_signing_key
from exconn.signing.answer_signature import HEADER, sign_answer
from tests.support.network.impostor import Play

NOT_FROM_INTAKE = 9
ACCEPTED = {"status": "accepted", "request": "n", "job": None}


@pytest.fixture(scope="module")
def intakes_key() -> SigningKey:
    return new_signing_key()


Pause = Callable[..., int]


@pytest.fixture
def pause(tmp_path: Path, intakes_key: SigningKey) -> Pause:
    """Asks for a pause at an address; gives the exit code."""
    save_signing_key(new_signing_key(), tmp_path / "anna.pem")

    def ask(intake_url: str, intake_public_key: str = intakes_key.public_text) -> int:
        fields = {"intake_url": intake_url, "connector": "north", "requester": "anna", "key_file": "anna.pem"}
        if intake_public_key:
            fields["intake_public_key"] = intake_public_key
        context = tmp_path / "context.toml"
        context.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items()))
        return main(["--context", str(context), "brakes", "pause"])

    return ask


def test_forged_acceptance_is_seen_and_the_same_bytes_are_sent_again(
    pause: Pause, play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    impostor = play(lambda _: (202, json.dumps(ACCEPTED).encode(), {}))

    assert pause(impostor.url) == NOT_FROM_INTAKE

    said = capsys.readouterr().err
    assert "not from your intake: its signature is missing" in said
    assert "EXCONN_INTAKE_KEY_FILE" in said
    assert len(impostor.seen) == 3
    assert len(set(impostor.seen)) == 1


def test_forged_acceptance_is_believed_without_intakes_key(pause: Pause, play: Play) -> None:
    impostor = play(lambda _: (202, json.dumps(ACCEPTED).encode(), {}))

    assert pause(impostor.url, intake_public_key="") == 0


def test_intakes_own_answer_is_believed(pause: Pause, play: Play, intakes_key: SigningKey) -> None:
    def own(envelope: bytes) -> tuple[int, bytes, dict[str, str]]:
        answer = json.dumps(ACCEPTED).encode()
        return 202, answer, {HEADER: sign_answer(answer, hashlib.sha256(envelope).hexdigest(), intakes_key)}

    assert pause(play(own).url) == 0


def test_intakes_answer_to_another_request_is_no_answer(
    pause: Pause, play: Play, intakes_key: SigningKey, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = json.dumps(ACCEPTED).encode()
    other = hashlib.sha256(b"another request").hexdigest()
    impostor = play(lambda _: (202, answer, {HEADER: sign_answer(answer, other, intakes_key)}))

    assert pause(impostor.url) == NOT_FROM_INTAKE

    assert "its signature is wrong" in capsys.readouterr().err


def test_refusal_that_became_an_acceptance_on_the_way_is_seen(
    pause: Pause, play: Play, intakes_key: SigningKey
) -> None:
    def changed(envelope: bytes) -> tuple[int, bytes, dict[str, str]]:
        refusal = json.dumps(ACCEPTED | {"status": "refused", "error": "unknown_connector"}).encode()
        signature = sign_answer(refusal, hashlib.sha256(envelope).hexdigest(), intakes_key)
        return 202, json.dumps(ACCEPTED).encode(), {HEADER: signature}

    assert pause(play(changed).url) == NOT_FROM_INTAKE


def test_who_has_no_room_needs_no_signature_to_say_so(pause: Pause, play: Play) -> None:
    assert pause(play(lambda _: (503, b'{"error": "busy"}', {})).url) == 6


def test_signature_that_is_no_base64_is_wrong(pause: Pause, play: Play) -> None:
    answer = json.dumps(ACCEPTED).encode()

    assert pause(play(lambda _: (202, answer, {HEADER: "\u00e4 ="})).url) == NOT_FROM_INTAKE


def test_key_of_intake_that_cannot_be_used_is_named(pause: Pause, capsys: pytest.CaptureFixture[str]) -> None:
    assert pause("http://127.0.0.1:1", intake_public_key="c2hvcnQ=") == 2

    assert "intake_public_key: 5 bytes instead of 32" in capsys.readouterr().err
