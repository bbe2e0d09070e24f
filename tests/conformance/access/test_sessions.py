"""What workers share of an Exchange account and its servers, with the rights that they really have."""

from datetime import timedelta

import pytest
import redis

from exconn.contracts import Checks, Kind, Service, WaitReason
from exconn.exchange import Server
from exconn.keyspace import connect
from exconn.ledger import AccountTrouble, AccountTroubles, Ledger
from exconn.sessions.seats import SeatCount
from exconn.sessions.server_cache import ServerCache
from exconn.sessions.server_circuits import ServerCircuits
from exconn.sessions.sign_in import SignIns
from exconn.sessions.throttle import Throttle
from tests.conformance.access.conftest import Guarded
from tests.conformance.ledger.scene import a_wipe

MOMENT = timedelta(seconds=1)
SERVER = Server(name="EX1", fqdn="ex1.example.test", site="Berlin", version="15.2", roles=("Mailbox",))


@pytest.mark.parametrize("user", ["discovery", "policy", "actions"])
def test_a_worker_may_share_seats_throttling_refusals_and_circuits(guarded: Guarded, user: str) -> None:
    client = connect(guarded.url(user, "ledger"))
    seats = SeatCount(client, "demo", user)
    throttle, sign_ins, circuits = (
        Throttle(client, "demo", user),
        SignIns(client, "demo", user),
        ServerCircuits(client, user),
    )

    seat = seats.take("actions")
    assert seat is not None
    seats.opened(seat, session_id="SHELL", url="https://ex1/PowerShell/")
    assert seats.renew(seat).held
    assert seats.orphans() == []
    seats.give_back(seat)
    for put_off in (throttle.stop, throttle.slow, throttle.no_more_sessions):
        put_off(MOMENT)
    assert throttle.look().stop > timedelta(0)
    sign_ins.give_back(sign_ins.begin().token)
    sign_ins.refused(sign_ins.begin().token)
    assert sign_ins.begin().refused == 1
    assert circuits.failed("ex1", "silence", circuits.admit("ex1")) == 1
    circuits.answered("ex1")
    assert ServerCache(client).recall(user) is None
    client.close()


def test_only_discovery_writes_down_which_servers_there_are(guarded: Guarded) -> None:
    for user in ("policy", "actions"):
        client = connect(guarded.url(user, "ledger"))
        with pytest.raises(redis.exceptions.NoPermissionError):
            ServerCache(client).keep("demo", [SERVER])
        client.close()
    reader, writer = (connect(guarded.url(user, "ledger")) for user in ("actions", "discovery"))

    ServerCache(writer).keep("demo", [SERVER])

    known = ServerCache(reader).recall("demo")
    assert known is not None
    assert known.servers == (SERVER,)
    assert ServerCache(writer).is_fresh(known)
    reader.close()
    writer.close()


def test_workers_record_what_is_in_trouble_intake_has_it_tried_the_coordinator_wakes_and_the_monitor_reads(
    guarded: Guarded,
) -> None:
    users = ("discovery", "policy", "actions", "intake", "coordinator", "monitor")
    clients = {user: connect(guarded.url(user, "ledger")) for user in users}
    ledgers = {user: AccountTroubles(client) for user, client in clients.items()}
    trouble = AccountTrouble(code=WaitReason.ACCOUNT_REFUSED, account="svc", said="401")

    for worker, kind in (("discovery", Kind.SWEEP), ("policy", Kind.POLICY_PLAN), ("actions", Kind.WIPE)):
        ledgers[worker].found("demo", trouble, by=worker)
        work = a_wipe(worker, connector="demo", kind=kind, service=Service(worker), checks=Checks.NONE, phase="")
        job = Ledger(clients["intake"]).insert(work).job_id
        claim = Ledger(clients[worker]).claim(job, worker)
        assert claim is not None
        Ledger(clients[worker]).defer(claim.lease, MOMENT, awaits=trouble.name)
        assert [each.waiting for each in ledgers["monitor"].present("demo")] == [1]
        ledgers["intake"].try_now("demo", ["svc"], by="intake")
        assert ledgers[worker].may_try("demo", [trouble.name]).admitted
        assert ledgers[worker].over("demo", trouble, by=worker) == 0
    ledgers["coordinator"].wake("demo", by="coordinator")

    assert ledgers["monitor"].known("demo") == []
    with pytest.raises(redis.exceptions.NoPermissionError):
        clients["monitor"].hset("exconn:troubles:demo", "a", "b")
    for client in clients.values():
        client.close()
