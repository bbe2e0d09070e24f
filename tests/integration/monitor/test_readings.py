"""What a sweep could not read: in the read model, in answers, on its page and in the metrics."""

from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine
from starlette.testclient import TestClient

from exconn.monitor.answers.source import Source
from exconn.monitor.app import create_app
from exconn.monitor.live import LiveLedger
from exconn.monitor.projector import Projector, ProjectorLease, Role
from exconn.stream import Number
from tests.support.streams.status import StreamWriter, owner_fact

NO_WAIT = timedelta(milliseconds=1)
COUNTED = {"devices": 2, "owners": 1, "started_at": "2026-11-20T08:00:00Z"}
OWNER = owner_fact(1, name="Ann Archer")
GAPS = {
    "unread_mailboxes": 1,
    "list_errors": 1,
    "kinds": {"MapiException": 1, "DataValidationException": 1},
    "named": [
        {"place": "unread_mailbox", "name": OWNER["guid"], "kind": "MapiException"},
        {"place": "list_error", "name": "corp.example/Lost/<b>Bob</b>", "kind": "DataValidationException"},
    ],
}


class Scene:
    """Sweeps of one connector, and the monitor's answers about them."""

    def __init__(self, engine: Engine, client: redis.Redis) -> None:
        self._engine, self._client = engine, client
        self._writer = StreamWriter(client)
        self._writer.register()
        self._writer.page("owners", [OWNER])
        live = LiveLedger(client)
        self.client = TestClient(create_app(Source(engine, live, lambda: Role.ACTIVE)))

    def sweep(self, number: int, **closing: Any) -> str:
        """A sweep that was read to its end."""
        job = f"sweep-{'abcdefgh'[number] * 16}"
        self._writer.queued(job, "sweep", service="discovery", requester="coordinator")
        self._writer.page("finalise", [{"sweep": number, **COUNTED, **closing}], sweep=number, job=job)
        told = {"number": number, "outcome": "succeeded", "unread_parts": 0}
        self._writer.message(Number.SWEEP_FINISHED, job=job, kind="sweep", state="settled", data=told)
        self._project()
        return job

    def unfinished(self) -> str:
        job = "sweep-zzzzzzzzzzzzzzzz"
        self._writer.queued(job, "sweep", service="discovery", requester="coordinator")
        self._project()
        return job

    def _project(self) -> None:
        projector = Projector(self._engine, self._client, ProjectorLease(self._client, "test"))
        projector.open()
        while projector.step(idle_wait=NO_WAIT):
            pass

    def reading(self, job: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get(f"/v1/sweeps/{job}/reading").json()
        return answer


@pytest.fixture
def scene(engine: Engine, redis_client: redis.Redis) -> Scene:
    return Scene(engine, redis_client)


def test_an_incomplete_reading_is_counted_named_and_shown(scene: Scene) -> None:
    job = scene.sweep(1, complete=False, gaps=GAPS)

    found = scene.reading(job)
    page = scene.client.get(f"/jobs/{job}").text
    metrics = scene.client.get("/metrics").text
    (listed,) = scene.client.get("/v1/sweeps").json()["sweeps"]
    assert found["complete"] is listed["complete"] is False
    assert (found["unread_mailboxes"], found["list_errors"], found["kinds"]) == (1, 1, GAPS["kinds"])
    assert [one["name"] for one in found["missing"]] == ["Ann Archer", "corp.example/Lost/<b>Bob</b>"]
    assert "Ann Archer" in page
    assert "<b>Bob" not in page
    assert 'exconn_sweep_complete{connector="contoso"} 0.0' in metrics
    assert 'exconn_sweep_unread_mailboxes{connector="contoso"} 1.0' in metrics
    assert 'exconn_sweep_errors{connector="contoso",kind="MapiException"} 1.0' in metrics
    assert "Ann" not in metrics


def test_a_complete_reading_says_so(scene: Scene) -> None:
    job = scene.sweep(1)

    assert (scene.reading(job)["complete"], scene.reading(job)["missing"]) == (True, [])
    assert 'exconn_sweep_complete{connector="contoso"} 1.0' in scene.client.get("/metrics").text


def test_a_sweep_that_is_not_finished_has_no_reading_yet_and_a_wipe_has_none(scene: Scene) -> None:
    assert scene.reading(scene.unfinished())["complete"] is None
    assert scene.reading("wipe-aaaaaaaaaaaaaaaa")["error"] == "unknown_sweep"


def test_the_problem_names_the_newest_sweep_since_the_first_that_was_not_complete(scene: Scene) -> None:
    scene.sweep(1)
    scene.sweep(2, complete=False, gaps=GAPS)
    newest = scene.sweep(3, complete=False, gaps=GAPS)

    problems = scene.client.get("/v1/problems").json()["problems"]

    (found,) = [problem for problem in problems if problem["code"] == "reading_incomplete"]
    second, third = (sweep["finished_at"] for sweep in reversed(scene.client.get("/v1/sweeps").json()["sweeps"][:2]))
    assert (found["count"], found["command"]) == (2, f"exconn sweeps show {newest}")
    assert second <= found["since"] < third


def test_a_complete_sweep_ends_the_problem(scene: Scene) -> None:
    scene.sweep(1, complete=False, gaps=GAPS)
    scene.sweep(2)

    codes = [problem["code"] for problem in scene.client.get("/v1/problems").json()["problems"]]

    assert "reading_incomplete" not in codes
