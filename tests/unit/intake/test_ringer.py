"""Where the broker is another server, accepting does not wait for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import redis

from exconn.contracts import Answer
from exconn.contracts.request import Target
from exconn.doorbell import Bell
from exconn.intake.context import KnownDevice
from exconn.intake.receive import Receiver
from exconn.intake.ringer import Ringer
from exconn.keyspace import connect
from exconn.ledger import Ledger
from exconn.signing import sign
from tests.support.machine.processes import wait_until
from tests.support.network.proxy import Loss, Proxy
from tests.support.requests.receiving import ANNA, IntakeScene
from tests.support.requests.signed import request_of

QUEUE = "exconn.actions.north"
SOON = timedelta(seconds=30)
#: Who waits for an answer of this broker waits for ever, as far as a test can tell.
FOR_EVER = timedelta(hours=1)


@pytest.fixture
def broker(redis_client: redis.Redis) -> Iterator[Proxy]:
    """Stands before the server, so that it seems to be another one."""
    with Proxy(redis_client.connection_pool.connection_kwargs["port"]) as proxy:
        yield proxy


def asked(receiver: Receiver, scene: IntakeScene, number: int) -> Answer:
    device = f"{number:08d}-2222-3333-4444-555555555555"
    scene.devices[device] = KnownDevice()
    envelope = sign(request_of(target=Target(device=device)), ANNA)
    return receiver.receive(envelope.model_dump_json(), way="http")


def receiver_at(broker: Proxy, scene: IntakeScene, *, most_waiting: int = 10) -> Receiver:
    bell = Bell(connect(broker.url, text=False, answer_within=FOR_EVER))
    context = replace(scene.context, ledger=Ledger(scene.client, ring_again=timedelta(0)))
    return Receiver(context, Ringer(bell, most_waiting=most_waiting))


def test_a_job_that_was_accepted_is_rung_for(scene: IntakeScene, broker: Proxy) -> None:
    answer = asked(receiver_at(broker, scene), scene, 1)

    assert answer.status == "accepted"
    wait_until(lambda: scene.client.llen(QUEUE) == 1, SOON, "the doorbell")


def test_a_broker_that_does_not_answer_delays_no_acceptance_and_its_jobs_are_rung_for_later(
    scene: IntakeScene, broker: Proxy
) -> None:
    receiver = receiver_at(broker, scene, most_waiting=1)
    broker.lose_next_answer(Loss.SILENCE)

    answers = [asked(receiver, scene, number) for number in range(3)]

    assert {answer.status for answer in answers} == {"accepted"}
    rung_by_a_coordinator = {ring.job_id for ring in scene.ledger.doorbells_due("north")}
    assert rung_by_a_coordinator == {answer.job for answer in answers}


def test_a_broker_that_comes_back_gets_the_doorbells_of_what_is_accepted_then(
    scene: IntakeScene, broker: Proxy
) -> None:
    receiver = receiver_at(broker, scene)
    broker.refuse()
    while_it_is_away = asked(receiver, scene, 1)
    wait_until(lambda: broker.refused, SOON, "the doorbell that finds nobody")
    broker.refuse(refusing=False)

    asked(receiver, scene, 2)

    assert while_it_is_away.status == "accepted"
    wait_until(lambda: scene.client.llen(QUEUE) == 1, SOON, "a doorbell after its return")
