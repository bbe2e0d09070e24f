"""What touches many jobs does so a few at a time, so that nobody waits long for the server, and does all of it."""

from collections.abc import Iterator

import pytest

from exconn.contracts import Checks, HoldReason, Kind, Service
from exconn.keyspace import keys
from exconn.ledger import Room
from exconn.ledger.bounds import AT_ONCE, MOST_DUE, MOST_READ
from tests.conformance.ledger.scene import CONNECTOR, Scene

MANY = AT_ONCE + 5


def calls_of(scene: Scene, script: str) -> int:
    """How often that function was called since the slow log, which logs each call, was emptied."""
    name = f"FCALL exconn_ledger_{script}_".encode()
    return sum(entry["command"].startswith(name) for entry in scene.client.slowlog_get(-1))


@pytest.fixture
def logged(scene: Scene) -> Iterator[Scene]:
    before = scene.client.config_get("slowlog-*")
    scene.client.config_set("slowlog-log-slower-than", 0)
    scene.client.config_set("slowlog-max-len", 10_000)
    yield scene
    for name, value in before.items():
        scene.client.config_set(str(name), str(value))


def most_read(scene: Scene) -> int:
    """The longest list of names that one command was told to go through, or went through by itself."""
    asked = [entry["command"].split() for entry in scene.client.slowlog_get(-1)]
    scans = [int(words[words.index(b"COUNT") + 1]) for words in asked if words[0] == b"SSCAN"]
    wholes = [scene.client.scard(words[1].decode()) for words in asked if words[0] == b"SMEMBERS"]
    return max([*scans, *wholes], default=0)


def stopped(scene: Scene, count: int) -> list[str]:
    """Jobs that the kill switch stopped."""
    return [scene.paused() for _ in range(count)]


def test_a_release_of_many_lets_all_of_them_go_on(logged: Scene) -> None:
    leases = [logged.inserted_and_claimed() for _ in range(MANY)]
    for lease in leases:
        logged.ledger.hold(lease, HoldReason.SECOND_PERSON)
    names = [lease.job_id for lease in leases]
    logged.client.slowlog_reset()

    released = logged.ledger.release(CONNECTOR, names, release_id="r1", by="bert")

    assert released == names
    assert calls_of(logged, "release") == 2


def test_a_resume_of_many_stopped_jobs_makes_all_of_them_due(logged: Scene) -> None:
    jobs = stopped(logged, MANY)
    logged.client.slowlog_reset()

    logged.ledger.resume(CONNECTOR, by="anna")

    assert set(logged.client.zrange(keys.due("actions", CONNECTOR), 0, -1)) == set(jobs)
    assert calls_of(logged, "switch") == 2


def test_a_round_ends_what_an_interrupted_resume_began_however_much_it_is(logged: Scene) -> None:
    jobs = stopped(logged, MANY)
    logged.client.set(keys.switch(CONNECTOR), "running")  # as far as the resume came
    logged.client.slowlog_reset()

    logged.ledger.doorbells_due(CONNECTOR)

    assert not logged.client.zcard(keys.paused("actions", CONNECTOR))
    assert all(logged.job(job_id).wait != "switch" for job_id in jobs)
    assert calls_of(logged, "catch_up") == 2


def test_open_jobs_are_read_some_at_a_time_however_many_there_are(logged: Scene) -> None:
    many = {f"wipe-{number}" for number in range(3 * MOST_READ)}
    logged.client.sadd(keys.open_jobs("actions", CONNECTOR), *many, "preflight-actions-a")
    logged.client.sadd(keys.open_jobs("policy", CONNECTOR), "preflight-policy-b")
    logged.client.slowlog_reset()

    everything = logged.ledger.unsettled(CONNECTOR)
    of_one_kind = logged.ledger.unsettled(CONNECTOR, kind=Kind.PREFLIGHT_ACTIONS)

    assert everything == many | {"preflight-actions-a", "preflight-policy-b"}
    assert of_one_kind == {"preflight-actions-a"}
    assert 0 < most_read(logged) <= MOST_READ


def test_services_share_what_a_round_looks_at(scene: Scene) -> None:
    for _ in range(MOST_DUE + 5):
        scene.insert(checks=Checks.NONE)
    for _ in range(5):
        scene.insert(service=Service.POLICY, kind=Kind.POLICY_PLAN, checks=Checks.NONE)
    for service in ("actions", "policy"):
        scene.client.delete(keys.rung(service, CONNECTOR))
        due = keys.due(service, CONNECTOR)
        scene.client.zunionstore(due, {due: 0})
    room = Room(lying=0, room=10 * MOST_DUE, urgent=10 * MOST_DUE)

    rings = scene.ledger.doorbells_due(CONNECTOR, queues={"actions": room, "policy": room}, limit=MOST_DUE)

    assert [ring.service for ring in rings].count("policy") == 5
    assert len(rings) <= MOST_DUE + 5
