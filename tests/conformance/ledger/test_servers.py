"""A server that restarts, forgets its scripts, is full, or has a replica that lags."""

import contextlib
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import Confirm, Ledger, LedgerFullError, LedgerOutOfReachError, State, UnconfirmedError
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, SOON, Scene, a_wipe
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey

pytestmark = pytest.mark.slow

BRIEFLY = timedelta(milliseconds=300)


@pytest.fixture
def own(restartable_valkey: RestartableValkey) -> Iterator[Scene]:
    """A scene on a server that this test may break."""
    restartable_valkey.config_set("appendfsync", "always")
    with contextlib.closing(restartable_valkey.client()) as client:
        stage = Scene(client)
        stage.resume()
        yield stage


def test_a_server_that_forgot_its_scripts_is_given_them_again(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.client.script_flush()

    scene.ledger.begin(lease)
    scene.client.script_flush()
    scene.ledger.settle(lease, "succeeded")

    assert scene.state(lease.job_id) is State.SETTLED


def test_a_confirmed_call_survives_a_forgotten_script_too(own: Scene) -> None:
    confirmed = Ledger(own.client, confirm=Confirm(own_disk=True))
    confirmed.insert(a_wipe("first"))
    own.client.script_flush()

    assert confirmed.insert(a_wipe("second")).created


def test_after_a_kill_and_a_restart_the_work_goes_on_where_it_was(
    own: Scene, restartable_valkey: RestartableValkey
) -> None:
    lease = own.inserted_and_claimed()
    own.ledger.begin(lease)
    waiting = own.insert()
    restartable_valkey.kill()
    with pytest.raises(LedgerOutOfReachError):
        own.ledger.renew(lease)
    restartable_valkey.start()

    own.ledger.settle(lease, "succeeded")

    assert own.ledger.claim(waiting, "two") is not None
    assert [m.sequence for m in own.messages()] == list(range(1, len(own.messages()) + 1))


def fill(scene: Scene) -> None:
    """From now on the server takes no more than it has."""
    scene.client.config_set("maxmemory", "1mb")
    scene.client.config_set("maxmemory-policy", "noeviction")


def test_a_full_server_refuses_new_jobs_before_anything_is_written(own: Scene) -> None:
    own.insert()
    fill(own)
    before = own.everything()

    with pytest.raises(LedgerFullError):
        own.insert()

    assert own.everything() == before


def test_on_a_full_server_all_that_is_under_way_comes_to_its_end(own: Scene) -> None:
    leases = [own.inserted_and_claimed() for _ in range(5)]
    parked = own.insert(parked=True)
    held = own.inserted_and_claimed()
    fill(own)
    first, second, third, fourth, fifth = leases

    for lease in leases:
        assert own.ledger.renew(lease)
        own.ledger.note(lease, {"server": "ex1"})
        own.ledger.begin(lease, pre_image={"requested": None})
    own.ledger.settle(first, "succeeded")
    own.ledger.defer(second, timedelta(0), phase="issued")
    own.ledger.settle(own.claim(second.job_id), "succeeded")
    own.ledger.hold(third, HoldReason.UNDELIVERED)
    own.ledger.retry(third.job_id, by="boss")
    assert own.ledger.restart_list(fourth) == 1
    own.ledger.await_children(fourth)
    assert own.ledger.cancel(fifth.job_id, by="boss") == "marked"
    own.ledger.hold(held, HoldReason.NO_MAILBOX)
    assert own.ledger.release(CONNECTOR, [held.job_id], release_id="r1", by="boss") == [held.job_id]
    assert parked in {ring.job_id for ring in own.ledger.doorbells_due(CONNECTOR, credit={"wipe": 1})}
    own.ledger.pause(CONNECTOR, by="boss")
    own.resume()
    own.ledger.announce(Number.DEAD_LETTER, connector=CONNECTOR, by="actions", data={"reason": "size"})
    assert own.ledger.retire(confirmed_before=own.ledger.time() + SOON, keep=SOON) == 2

    with pytest.raises(LedgerFullError):
        own.insert()


def test_room_made_is_used_again(own: Scene) -> None:
    fill(own)
    with pytest.raises(LedgerFullError):
        own.insert()

    own.client.config_set("maxmemory", "0")

    assert own.state(own.insert()) is State.QUEUED


def test_a_server_that_wants_replicas_and_has_none_is_out_of_reach_for_writes(own: Scene) -> None:
    own.client.config_set("min-replicas-to-write", "1")
    before = own.everything()

    with pytest.raises(LedgerOutOfReachError, match="NOREPLICAS"):
        own.insert()

    own.client.config_set("min-replicas-to-write", "0")
    assert own.everything() == before


def test_an_insert_that_no_replica_has_is_not_confirmed_and_may_be_sent_again(own: Scene) -> None:
    careful = Ledger(own.client, confirm=Confirm(replicas=1, within=BRIEFLY))

    with pytest.raises(UnconfirmedError) as unconfirmed:
        careful.insert(a_wipe("nonce"))

    again = own.ledger.insert(a_wipe("nonce"))
    assert (again.job_id, again.created) == (unconfirmed.value.job_id, False)


def test_a_begin_that_no_replica_has_is_not_confirmed_and_can_be_deferred_in_issuing(own: Scene) -> None:
    careful = Ledger(own.client, confirm=Confirm(replicas=1, own_disk=True, within=BRIEFLY))
    lease = own.inserted_and_claimed()

    with pytest.raises(UnconfirmedError) as unconfirmed:
        careful.begin(lease)

    assert unconfirmed.value.call == "begin"
    careful.defer(lease, timedelta(0))
    assert (own.state(lease.job_id), own.job(lease.job_id).phase) == (State.WAITING, "issuing")


def test_a_cancellation_or_a_pause_that_no_replica_has_is_not_confirmed_however_often_it_is_sent(own: Scene) -> None:
    careful = Ledger(own.client, confirm=Confirm(replicas=1, within=BRIEFLY))
    job_id = own.insert()

    for _ in range(2):
        with pytest.raises(UnconfirmedError):
            careful.cancel(job_id, by="desk")
        with pytest.raises(UnconfirmedError):
            careful.pause(CONNECTOR, by="desk")

    assert (own.state(job_id), own.ledger.switch(CONNECTOR)) == (State.SETTLED, "paused")


@pytest.fixture
def replica(own: Scene, restartable_valkey: RestartableValkey, tmp_path: Path) -> Iterator[redis.Redis]:
    """A replica of the scene's server that has all there is so far."""
    with (
        RestartableValkey(tmp_path / "replica") as server,
        contextlib.closing(server.client()) as client,
    ):
        own.client.config_set("repl-diskless-sync-delay", "0")
        client.replicaof("127.0.0.1", restartable_valkey.port)
        wait_until(lambda: own.client.info("replication").get("slave0", {}).get("state") == "online", SOON * 2, "sync")
        yield client
        client.replicaof("NO", "ONE")


def test_a_replica_that_keeps_up_confirms(own: Scene, replica: redis.Redis) -> None:
    careful = Ledger(own.client, confirm=Confirm(replicas=1, own_disk=True, within=timedelta(seconds=5)))

    job_id = careful.insert(a_wipe("nonce")).job_id

    assert replica.hget(keys.job(job_id), "state") == "queued"


def test_sending_an_unconfirmed_insert_again_is_confirmed_only_when_the_replica_has_it(
    own: Scene, replica: redis.Redis, restartable_valkey: RestartableValkey
) -> None:
    """Another connection used to call it confirmed: it had written nothing itself, so nothing was waited for."""
    confirm = Confirm(replicas=1, within=BRIEFLY)
    first = Ledger(own.client, confirm=confirm)
    replica_process = int(replica.info("server")["process_id"])
    with contextlib.closing(restartable_valkey.client()) as other, stopped(replica_process):
        second = Ledger(other, confirm=confirm)
        with pytest.raises(UnconfirmedError):
            first.insert(a_wipe("nonce"))
        with pytest.raises(UnconfirmedError):
            second.insert(a_wipe("nonce"))

    again = Ledger(own.client, confirm=Confirm(replicas=1, within=timedelta(seconds=5))).insert(a_wipe("nonce"))

    assert not again.created
    assert replica.hget(keys.job(again.job_id), "state") == "queued"


def test_sending_an_unconfirmed_cancellation_again_is_confirmed_only_when_the_replica_has_it(
    own: Scene, replica: redis.Redis, restartable_valkey: RestartableValkey
) -> None:
    confirm = Confirm(replicas=1, within=BRIEFLY)
    job_id = own.insert()
    with contextlib.closing(restartable_valkey.client()) as other, stopped(int(replica.info("server")["process_id"])):
        for client in (own.client, other):
            with pytest.raises(UnconfirmedError):
                Ledger(client, confirm=confirm).cancel(job_id, by="desk")

    patient = Ledger(own.client, confirm=Confirm(replicas=1, within=timedelta(seconds=5)))

    assert patient.cancel(job_id, by="desk") == "settled"
    assert replica.hget(keys.job(job_id), "state") == "settled"


@contextlib.contextmanager
def stopped(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)
