"""Requests over real HTTP into a real ledger."""

import base64
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import redis

from exconn.contracts import Envelope, Kind, Service, queue_of
from exconn.contracts.request import RequestKind, Target
from exconn.contracts.work import Wipe
from exconn.keyspace import keys
from exconn.ledger import Ledger
from exconn.signing import SigningKey, new_signing_key, sign
from tests.support.machine.processes import ChildProcesses, wait_until
from tests.support.machine.valkey import RestartableValkey, free_port
from tests.support.requests.signed import DEVICE, registry_text, request_of
from tests.support.system.intake import RunningIntake, install_connector, start_intake

SOON = timedelta(seconds=10)


def test_wipe_becomes_an_action_and_its_doorbell_rings(intake: RunningIntake, redis_client: redis.Redis) -> None:
    status, answer = intake.ask(request_of())

    assert (status, answer.status) == (202, "accepted")
    job = Ledger(redis_client).job(answer.job or "")
    assert job is not None
    assert (job.kind, job.device) == (Kind.WIPE, DEVICE)
    assert redis_client.llen(queue_of(Service.ACTIONS, "north")) == 1


def test_wipe_carries_the_fingerprint_of_a_device_that_was_just_discovered(
    intake: RunningIntake, redis_client: redis.Redis
) -> None:
    _, answer = intake.ask(request_of())

    job = Ledger(redis_client).job(answer.job or "")
    assert job is not None
    # The list was read, the mailbox's part not yet: that is no fingerprint to rely on.
    assert Wipe.model_validate_json(job.payload).fingerprint is None


def test_same_envelope_from_many_senders_at_once_is_one_action(
    intake: RunningIntake, redis_client: redis.Redis
) -> None:
    envelope = sign(request_of(), intake.keys["anna"])

    with ThreadPoolExecutor(12) as senders:
        responses = list(senders.map(lambda _: intake.post(envelope), range(24)))

    assert {response.status_code for response in responses} == {202}
    assert len({response.json()["job"] for response in responses}) == 1
    assert len(Ledger(redis_client).unsettled("north")) == 1
    assert redis_client.llen(queue_of(Service.ACTIONS, "north")) == 1


Forge = Callable[[Envelope, Mapping[str, SigningKey]], Envelope | str | bytes]


def signed(**fields: Any) -> Forge:
    return lambda _, keys: sign(request_of(**fields), keys["anna"])


FORGERIES: list[tuple[Forge, int, str]] = [
    (lambda e, _: e.model_copy(update={"key": "k0000000000"}), 403, "unknown_key"),
    (lambda e, keys: e.model_copy(update={"key": keys["bert"].id}), 403, "signature"),
    (lambda e, _: altered(e, b"lost", b"last"), 403, "signature"),
    (lambda e, _: e.model_copy(update={"signature": base64.b64encode(bytes(64)).decode()}), 403, "signature"),
    (lambda e, _: e.model_copy(update={"signature": "%"}), 400, "malformed"),
    (lambda _, keys: sign(request_of(requester="anna"), keys["bert"]), 403, "requester_mismatch"),
    (signed(present_for=timedelta(seconds=-5)), 410, "expired"),
    (signed(present_for=timedelta(hours=1)), 400, "present_by"),
    (signed(connector="west"), 404, "unknown_connector"),
    (signed(target=Target()), 400, "bad_target"),
    (signed(target=Target(device="0" * 8 + DEVICE[8:])), 404, "unknown_device"),
    (lambda *_: "{}", 400, "malformed"),
    (lambda *_: b"\xff\x00", 400, "malformed"),
    (lambda *_: "x" * 70_000, 413, "too_long"),
]


def altered(envelope: Envelope, old: bytes, new: bytes) -> Envelope:
    return envelope.model_copy(update={"request": base64.b64encode(envelope.signed_bytes().replace(old, new)).decode()})


def test_forged_and_impossible_requests_are_refused_and_leave_nothing(
    intake: RunningIntake, redis_client: redis.Redis
) -> None:
    # One process for the whole table: starting one takes longer than all the requests.
    responses = [intake.post(forge(sign(request_of(), intake.keys["anna"]), intake.keys)) for forge, _, _ in FORGERIES]

    assert [(response.status_code, response.json()["error"]) for response in responses] == [
        (status, error) for _, status, error in FORGERIES
    ]
    assert all(response.json()["remedy"] for response in responses)
    assert not Ledger(redis_client).unsettled("north")


def test_other_content_under_a_used_nonce_is_a_conflict(intake: RunningIntake) -> None:
    intake.ask(request_of(nonce="used-nonce-000001"))

    status, answer = intake.ask(request_of(RequestKind.SWEEP_START, nonce="used-nonce-000001"))

    assert (status, answer.error) == (409, "replayed")


def test_second_wipe_of_a_device_names_the_open_action(intake: RunningIntake) -> None:
    _, first = intake.ask(request_of())

    status, second = intake.ask(request_of())

    assert (status, second.error, second.job) == (409, "open_action", first.job)


def test_first_answer_can_be_asked_for_again(intake: RunningIntake) -> None:
    request = request_of()
    _, answer = intake.ask(request)

    found = httpx2.get(f"{intake.url}/v1/requests/anna/{request.nonce}")
    missing = httpx2.get(f"{intake.url}/v1/requests/anna/never-used-nonce-1")
    strange = httpx2.get(f"{intake.url}/v1/requests/anna/{'x' * 90}")

    assert (found.status_code, found.json()["job"]) == (200, answer.job)
    assert (missing.status_code, missing.json()["error"]) == (404, "unknown_request")
    assert strange.status_code == 400


def test_revoked_key_is_refused_from_the_next_request_on(intake: RunningIntake) -> None:
    assert intake.ask(request_of(RequestKind.PAUSE))[0] == 202

    intake.register({"bert": intake.keys["bert"]})

    assert intake.ask(request_of(RequestKind.PAUSE))[1].error == "unknown_key"


def test_unusable_registry_admits_nobody_and_is_reported(intake: RunningIntake) -> None:
    intake.requesters_file.write_text("[broken")

    status, answer = intake.ask(request_of())
    health = httpx2.get(f"{intake.url}/health")

    assert (status, answer.error) == (503, "no_registry")
    assert health.status_code == 503
    assert "registry" in health.text


def test_slow_sender_is_cut_off_and_others_are_served(intake: RunningIntake) -> None:
    address = urlsplit(intake.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as slow:
        slow.sendall(b"POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert intake.ask(request_of())[0] == 202
        reply = slow.recv(4096)

    assert b" 408 " in reply


def test_healthy_intake_says_so_and_stops_cleanly(own_intake: RunningIntake) -> None:
    health = httpx2.get(f"{own_intake.url}/health")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})

    assert own_intake.process.terminate() == 0
    assert not (own_intake.state_dir / "intake.json").exists()


def test_log_names_no_device_and_shows_no_request(own_intake: RunningIntake) -> None:
    own_intake.ask(request_of())
    own_intake.post("nonsense with jdoe in it")
    own_intake.process.terminate()

    log = own_intake.process.log.read_text()

    assert "request accepted" in log
    assert "request not accepted" in log
    for secret in (DEVICE, "jdoe", "lost", "DEVICEID0001"):
        assert secret not in log


def test_ledger_out_of_reach_is_503_and_the_same_bytes_work_later(
    processes: ChildProcesses, tmp_path: Path, restartable_valkey: RestartableValkey
) -> None:
    with restartable_valkey.client() as client:
        install_connector(client)
    intake = start_intake(processes, tmp_path, restartable_valkey.url)
    envelope = sign(request_of(RequestKind.SWEEP_START), intake.keys["anna"])
    restartable_valkey.kill()

    away = intake.post(envelope)
    assert (away.status_code, away.json()["status"]) == (503, "unconfirmed")
    assert httpx2.get(f"{intake.url}/health").status_code == 503

    restartable_valkey.start()
    back = intake.post(envelope)
    assert (back.status_code, back.json()["status"]) == (202, "accepted")


def test_broker_out_of_reach_hinders_no_acceptance(
    processes: ChildProcesses, tmp_path: Path, redis_url: str, redis_client: redis.Redis
) -> None:
    install_connector(redis_client)
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    intake = start_intake(processes, tmp_path, redis_url, env={"EXCONN_BROKER_URL": nowhere})

    status, answer = intake.ask(request_of(RequestKind.SWEEP_START))

    assert (status, answer.status) == (202, "accepted")
    wait_until(lambda: "doorbells not rung" in intake.process.log.read_text(), SOON, "the warning")


@pytest.mark.parametrize(
    ("env", "code", "text"),
    [
        ({"EXCONN_LEDGER_URL": "redis://127.0.0.1:1/0"}, 6, "start it or correct the URL"),
        ({"EXCONN_LEDGER_URL": ""}, 2, "EXCONN_LEDGER_URL"),
        ({"EXCONN_REQUESTERS_FILE": "/nonexistent"}, 2, "exconn init"),
        ({"EXCONN_INTAKE_HOST": "192.0.2.1"}, 2, "cannot listen"),
    ],
)
def test_intake_that_cannot_work_says_why_in_one_line(
    processes: ChildProcesses, tmp_path: Path, redis_url: str, env: dict[str, str], code: int, text: str
) -> None:
    registry = tmp_path / "requesters.toml"
    registry.write_text(registry_text({"anna": new_signing_key()}))
    settings = {
        "EXCONN_BROKER_URL": redis_url,
        "EXCONN_LEDGER_URL": redis_url,
        "EXCONN_LEDGER_DURABILITY": "volatile",
        "EXCONN_STATE_DIR": str(tmp_path),
        "EXCONN_INTAKE_PORT": "0",
        "EXCONN_REQUESTERS_FILE": str(registry),
    }

    child = processes.start("intake", "-m", "exconn.intake", env=settings | env)

    assert child.wait(timedelta(seconds=20)) == code
    lines = child.log.read_text().strip().splitlines()
    assert len(lines) == 1
    assert text in lines[0]


def test_presence_is_shown_while_it_runs(own_intake: RunningIntake, redis_client: redis.Redis) -> None:
    def shown() -> bool:
        # Other intakes of this module may live beside it.
        mine = f"/{own_intake.process.pid}"
        return any(
            name.startswith("intake/") and name.endswith(mine) for name in map(str, redis_client.hkeys(keys.HEARTBEATS))
        )

    wait_until(shown, SOON, "a heartbeat")

    own_intake.process.terminate()

    assert not shown()


def test_intake_that_is_stopped_in_its_first_moment_ends_at_once(
    processes: ChildProcesses, tmp_path: Path, redis_url: str
) -> None:
    # A stop during the start used to leave the HTTP thread behind, which held the process for twelve seconds.
    intake = start_intake(processes, tmp_path, redis_url)

    assert intake.process.terminate(timedelta(seconds=8)) == 0
    assert not (tmp_path / "intake.json").exists()
