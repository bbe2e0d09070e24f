"""A ledger server that comes back with an older file: nothing that erases begins before a person has looked."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import LEDGER_MARK, WaitReason
from exconn.keyspace import connect, keys
from exconn.ledger import Ledger, Mark, State
from exconn.stream import Number, StatusMessage
from tests.support.jobs.new_wipes import new_wipe
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.records import messages_of
from tests.support.system.coordinators import coordinator_of

if TYPE_CHECKING:
    import redis

NAMES = ("alpha", "omega")


@pytest.fixture
def client(ledger_server: RestartableValkey) -> Iterator["redis.Redis"]:
    found = connect(ledger_server.url)
    store = ConnectorStore(found)
    for name in NAMES:
        store.apply(parse_definition(sample_definition(name)), "operator")
        Ledger(found).resume(name, by="operator")
    yield found
    found.close()


def set_back(server: RestartableValkey, backup: Path, folder: Path) -> None:
    """What an operator does with a backup."""
    server.stop()
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    server.start()


def backed_up(server: RestartableValkey, folder: Path, backup: Path) -> Path:
    server.stop()
    shutil.copytree(folder, backup)
    server.start()
    return backup


def number_marked(broker: "redis.Redis") -> int:
    return Mark.read(str(broker.get(LEDGER_MARK))).number


def told(client: "redis.Redis") -> list[StatusMessage]:
    return messages_of(client)


def switches(client: "redis.Redis") -> dict[str, str]:
    return {name: Ledger(client).switch(name) for name in NAMES}


@pytest.mark.parametrize("witness", ["broker", "monitor"])
def test_a_restored_ledger_is_paused_by_the_next_round_once(
    ledger_server: RestartableValkey, client: "redis.Redis", redis_url: str, tmp_path: Path, witness: str
) -> None:
    # With one server for both, the mark is set back too: then it is the monitor that remembers.
    rounds = coordinator_of(client, redis_url if witness == "broker" else ledger_server.url)
    backup = backed_up(ledger_server, tmp_path / "ledger", tmp_path / "backup")
    for _ in range(20):
        rounds.ledger.announce(Number.JOB_QUEUED, connector=NAMES[0], by="later")
    rounds.go_round()
    rounds.go_round()
    known = int(client.get(keys.SEQUENCE) or 0)
    set_back(ledger_server, backup, tmp_path / "ledger")
    if witness == "monitor":
        client.set(keys.CONFIRMED_SEQUENCE, str(known))
    before = switches(client)

    rounds.go_round()
    paused, messages = switches(client), told(client)
    for name in NAMES:
        rounds.ledger.resume(name, by="operator")
    rounds.go_round()

    assert (before, paused) == (dict.fromkeys(NAMES, "running"), dict.fromkeys(NAMES, "paused"))
    (found,) = [message for message in messages if message.number == Number.LEDGER_SET_BACK]
    assert (found.data["known"], found.sequence) == (known, known + 1)
    assert len([message for message in messages if message.number == Number.BRAKE_PAUSED]) == len(NAMES)
    assert switches(client) == dict.fromkeys(NAMES, "running")


def test_what_erases_does_not_begin_on_a_restored_ledger(
    ledger_server: RestartableValkey, client: "redis.Redis", redis_url: str, tmp_path: Path
) -> None:
    rounds = coordinator_of(client, redis_url)
    new = new_wipe(NAMES[0], "k")
    job_id = rounds.ledger.insert(new).job_id
    backup = backed_up(ledger_server, tmp_path / "ledger", tmp_path / "backup")
    rounds.ledger.cancel(job_id, by="operator")
    rounds.go_round()
    set_back(ledger_server, backup, tmp_path / "ledger")

    rounds.go_round()

    assert rounds.ledger.claim(job_id, "worker") is None
    job = rounds.ledger.job(job_id)
    assert job is not None
    assert (job.state, job.reason) == (State.WAITING, WaitReason.KILL_SWITCH)


def test_a_restart_a_new_broker_and_one_out_of_reach_pause_nothing(
    ledger_server: RestartableValkey, client: "redis.Redis", redis_url: str, redis_client: "redis.Redis"
) -> None:
    rounds = coordinator_of(client, redis_url)
    rounds.go_round()
    ledger_server.restart()
    rounds.go_round()
    redis_client.delete(LEDGER_MARK)
    rounds.go_round()
    coordinator_of(client, "redis://127.0.0.1:1/0").go_round()

    assert switches(client) == dict.fromkeys(NAMES, "running")
    assert number_marked(redis_client) > 0
    assert Number.LEDGER_SET_BACK not in [message.number for message in told(client)]


@pytest.mark.parametrize(
    "number", ["9" * 18, "9" * 400, "9" * 5000, "nonsense", "-5"], ids=lambda number: f"{number[:8]} of {len(number)}"
)
def test_a_number_that_no_record_can_have_pauses_nothing_and_uses_up_no_numbers(
    client: "redis.Redis", redis_url: str, redis_client: "redis.Redis", number: str
) -> None:
    rounds = coordinator_of(client, redis_url)
    rounds.go_round()
    redis_client.set(LEDGER_MARK, number)
    client.set(keys.CONFIRMED_SEQUENCE, number)

    rounds.go_round()

    assert switches(client) == dict.fromkeys(NAMES, "running")
    assert int(client.get(keys.SEQUENCE) or 0) < 1000
    # The mark is put right, so that it can tell again.
    assert 0 < number_marked(redis_client) < 1000
