"""The demo's own client takes an answer from this demo's intake alone."""

import hashlib
import json
from pathlib import Path

import pytest

from exconn.contracts.request import RequestKind
from exconn.demo.client import Client, StoryError
from exconn.demo.people import make_people
from exconn.demo.place import DemoPlace, Ports, make_service_keys
from exconn.signing import load_signing_key
from exconn.signing.answer_signature import HEADER, sign_answer
from tests.support.network.impostor import Impostor, Play

ACCEPTED = json.dumps({"status": "accepted", "request": "n", "job": None}).encode()


@pytest.fixture
def place(tmp_path: Path) -> DemoPlace:
    place = DemoPlace(folder=tmp_path / "demo", ports=Ports(monitor=1, intake=2, flower=3))
    place.folder.mkdir()
    make_service_keys(place)
    return place


def client_of(place: DemoPlace, intake: Impostor) -> Client:
    ports = Ports(monitor=1, intake=int(intake.url.rpartition(":")[2]), flower=3)
    key = make_people(place).key
    return Client(place=DemoPlace(folder=place.folder, ports=ports), control_url="", key=key, alive=lambda: None)


def test_forged_acceptance_ends_the_story(place: DemoPlace, play: Play) -> None:
    client = client_of(place, play(lambda _: (202, ACCEPTED, {})))

    with pytest.raises(StoryError, match="not signed"):
        client.ask(RequestKind.RESUME)


def test_answer_that_intake_signed_is_taken(place: DemoPlace, play: Play) -> None:
    intake = load_signing_key(place.folder / "intake.pem")

    def own(envelope: bytes) -> tuple[int, bytes, dict[str, str]]:
        return 202, ACCEPTED, {HEADER: sign_answer(ACCEPTED, hashlib.sha256(envelope).hexdigest(), intake)}

    assert client_of(place, play(own)).ask(RequestKind.RESUME).status == "accepted"
