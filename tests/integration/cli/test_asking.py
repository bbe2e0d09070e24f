"""A request without an answer is sent again as it was, and what the services answer becomes an exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from exconn.cli.command_errors import ExitCode
from exconn.cli.main import main
from exconn.contracts import Envelope
from exconn.keyspace import connect
from exconn.signing import new_signing_key, save_signing_key
from tests.integration.cli.conftest import SOON, Operator, Services, guid, write_context
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import free_port
from tests.support.network.hostile_server import Hostile, Request, http_answer

ATTEMPTS = 3


class Listener:
    """A service that keeps what it is sent, and answers as it is told to."""

    def __init__(self, answer: Callable[[Request], list[bytes]]) -> None:
        self._answer = answer
        self.bodies: list[bytes] = []
        self.server = Hostile(self._hear)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def _hear(self, request: Request) -> list[bytes]:
        self.bodies.append(request.body)
        return self._answer(request)


def always(status: int, /, **fields: object) -> Listener:
    """A service with one answer to everything."""
    return Listener(lambda _request: http_answer(status, json.dumps(fields).encode()))


def run(folder: Path, service: Listener, *words: str) -> int:
    """The exit code of a command for which both services are this one."""
    key_file = folder / "anna.pem"
    if not key_file.exists():
        save_signing_key(new_signing_key(), key_file)
    fields = {"connector": "north", "requester": "anna", "key_file": str(key_file)}
    write_context(folder, monitor_url=service.url, intake_url=service.url, **fields)
    with service.server:
        return main(["--context", str(folder / ".exconn" / "context.toml"), *words])


def point_intake(operator: Operator, services: Services, url: str) -> None:
    """Have the operator send its requests to another address."""
    write_context(
        operator.exconn.folder,
        monitor_url=operator.monitor.url,
        intake_url=url,
        connector=operator.connector,
        requester="anna",
        key_file=str(services.intake.key_file("anna")),
    )


def test_a_request_whose_answer_is_lost_is_sent_again_as_it_was_and_done_once(
    operator: Operator, services: Services
) -> None:
    def lose_first_answer(request: Request) -> list[bytes]:
        answer = httpx2.post(f"{services.intake.url}/v1/requests", content=request.body, timeout=10)
        if request.number == 1:
            raise ConnectionAbortedError
        return http_answer(answer.status_code, answer.content)

    between = Listener(lose_first_answer)
    point_intake(operator, services, between.url)

    with between.server:
        ran = operator.exconn("devices", "wipe", guid(1), "--yes", "--quiet")

    assert (ran.code, frozenset({ran.out.strip()})) == (0, operator.ledger.unsettled(operator.connector))
    assert len(between.bodies) == 2
    assert between.bodies[0] == between.bodies[1]


def test_a_request_that_is_never_confirmed_exits_6_after_the_same_bytes_were_sent_three_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    intake = always(503, status="unconfirmed", request="n")

    code = run(tmp_path, intake, "sweeps", "start", "full")

    assert code == ExitCode.UNREACHABLE
    assert len(intake.bodies) == ATTEMPTS
    assert len(set(intake.bodies)) == 1
    assert "it may run, or not; see with exconn jobs list" in capsys.readouterr().err


def test_a_request_whose_answers_are_all_lost_exits_6_after_the_same_bytes_were_sent_three_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def lose(_request: Request) -> list[bytes]:
        raise ConnectionAbortedError

    intake = Listener(lose)

    code = run(tmp_path, intake, "sweeps", "start", "full")

    assert code == ExitCode.UNREACHABLE
    assert len(intake.bodies) == ATTEMPTS
    assert len(set(intake.bodies)) == 1
    assert "exconn run intake" in capsys.readouterr().err


def test_two_commands_are_two_requests(tmp_path: Path) -> None:
    bodies = []
    for _ in range(2):
        intake = always(202, status="accepted", request="n", job="sweep-aaaaaaaaaaaaaaaa")
        assert run(tmp_path, intake, "sweeps", "start", "full") == ExitCode.DONE
        bodies += intake.bodies

    nonces = {json.loads(Envelope.model_validate_json(body).signed_bytes())["nonce"] for body in bodies}
    assert len(nonces) == len(bodies) == 2


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("malformed", 400, 2),
        ("bad_target", 400, 2),
        ("definition", 400, 2),
        ("present_by", 400, 2),
        ("valid_until", 400, 2),
        ("unknown_connector", 404, 3),
        ("unknown_device", 404, 3),
        ("unknown_job", 404, 3),
        ("signature", 403, 4),
        ("second_person", 403, 4),
        ("open_action", 409, 4),
        ("expired", 410, 4),
        ("full", 503, 6),
        ("no_registry", 503, 6),
    ],
)
def test_refusal_has_the_exit_code_of_its_word_and_is_not_sent_again(
    tmp_path: Path, error: str, status: int, code: int
) -> None:
    intake = always(status, status="refused", request="n", error=error, text="no", remedy="see exconn status")

    assert run(tmp_path, intake, "sweeps", "start", "full") == code
    assert len(intake.bodies) == 1


@pytest.mark.parametrize(("status", "code"), [(400, 2), (404, 3), (500, 1), (503, 6)])
def test_question_that_the_monitor_cannot_answer_has_the_exit_code_of_its_status(
    tmp_path: Path, status: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    monitor = always(status, error="unreachable", text="the ledger is out of reach", remedy="start it")

    assert run(tmp_path, monitor, "jobs", "list") == code
    assert capsys.readouterr().err == "exconn: the ledger is out of reach; start it\n"


def test_device_that_is_shown_but_not_known_any_more_exits_3(operator: Operator, services: Services) -> None:
    with connect(services.url) as client:
        client.delete(*client.scan_iter(f"exconn:register:{operator.connector}:*"))

    ran = operator.exconn("devices", "wipe", guid(1), "--yes")

    assert (ran.code, "exconn sweeps start full" in ran.err) == (3, True)
    assert not operator.ledger.unsettled(operator.connector)


def test_device_that_is_shown_with_an_open_action_is_refused_before_intake_is_asked(
    operator: Operator, services: Services
) -> None:
    first = operator.exconn("devices", "wipe", guid(1), "--yes", "--quiet").out.strip()

    def shown() -> bool:
        device = operator.monitor.json(f"/v1/devices/{guid(1)}", connector=operator.connector)
        return bool(device["open_action"] == first)

    wait_until(shown, SOON, "the open action to be shown")
    point_intake(operator, services, f"http://127.0.0.1:{free_port()}")

    second = operator.exconn("devices", "wipe", guid(1), "--yes")

    assert (second.code, second.out) == (4, "")
    assert second.err == f"exconn: the device has an open action: {first}; exconn actions follow {first}\n"
