"""Ringing: what lies in the queue afterwards, and what is said when it does not."""

import json
from dataclasses import replace

import pytest
import redis

from exconn.contracts import Kind, Service
from exconn.doorbell import Bell, BellError, NewerRingError, QueuesUnknownError
from exconn.keyspace import connect
from exconn.ledger import Ring
from tests.support.machine.valkey import free_port

RING = Ring(job_id="echo-aaaaaaaaaaaaaaaa", kind=Kind.ECHO, service=Service.DISCOVERY, ring=2)


@pytest.mark.parametrize("text", [True, False])
def test_a_ring_is_one_message_in_the_queue_of_service_and_connector(redis_url: str, *, text: bool) -> None:
    client = connect(redis_url, text=text)

    Bell(client).ring(RING, "one")

    (message,) = client.lrange("exconn.discovery.one", 0, -1)
    assert json.loads(message)["headers"]["id"] == "echo-aaaaaaaaaaaaaaaa:2"
    client.close()


def test_a_first_ring_needs_no_ring_of_the_ledger(redis_client: redis.Redis) -> None:
    Bell(redis_client).ring(("echo-aaaaaaaaaaaaaaaa", "echo", Service.ACTIONS), "one")

    (message,) = redis_client.lrange("exconn.actions.one", 0, -1)
    assert json.loads(message)["headers"]["id"] == "echo-aaaaaaaaaaaaaaaa:1"


def test_several_rings_are_one_round_trip(redis_client: redis.Redis) -> None:
    Bell(redis_client).ring_all([RING] * 5, "one")
    Bell(redis_client).ring_all([], "one")

    assert redis_client.llen("exconn.discovery.one") == 5


def test_rings_at_the_head_are_heard_first_and_in_their_order(redis_client: redis.Redis) -> None:
    bell = Bell(redis_client)
    bell.ring_all([replace(RING, ring=1), replace(RING, ring=2)], "one")

    bell.ring_all([replace(RING, ring=3, head=True), replace(RING, ring=4), replace(RING, ring=5, head=True)], "one")

    heard = [json.loads(str(redis_client.rpop("exconn.discovery.one")))["headers"]["id"][-1] for _ in range(5)]
    assert heard == ["3", "5", "1", "2", "4"]


def test_a_broker_tells_how_many_doorbells_lie_in_each_queue(redis_client: redis.Redis) -> None:
    bell = Bell(redis_client)
    bell.ring_all([RING] * 3, "one")

    assert bell.lying((Service.ACTIONS, Service.DISCOVERY), "one") == {Service.ACTIONS: 0, Service.DISCOVERY: 3}


def test_a_broker_out_of_reach_tells_nothing_of_its_queues() -> None:
    client = connect(f"redis://127.0.0.1:{free_port()}/0")

    with pytest.raises(QueuesUnknownError):
        Bell(client).lying((Service.ACTIONS,), "one")


def test_a_broker_out_of_reach_is_said() -> None:
    client = connect(f"redis://127.0.0.1:{free_port()}/0")

    with pytest.raises(BellError, match="echo-aaaaaaaaaaaaaaaa was not rung"):
        Bell(client).ring(RING, "one")


def test_a_kind_of_a_newer_version_is_said() -> None:
    newer = Ring(job_id="teleport-aaaaaaaaaaaaaaaa", kind="teleport", service=Service.ACTIONS, ring=1)

    with pytest.raises(NewerRingError, match="newer version"):
        Bell(redis.Redis()).ring(newer, "one")


def test_a_service_of_a_newer_version_is_said() -> None:
    newer = Ring(job_id="teleport-aaaaaaaaaaaaaaaa", kind=Kind.ECHO, service="transporter", ring=1)

    with pytest.raises(NewerRingError, match="transporter"):
        Bell(redis.Redis()).ring(newer, "one")
