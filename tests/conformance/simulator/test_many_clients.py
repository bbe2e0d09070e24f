"""Many clients at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.conformance.simulator.sessions import Sessions
from tests.support.exchange.raw_wsman import Connect
from tests.support.exchange.simulator import RunningSimulator
from tests.support.machine.processes import wait_until


def test_sessions_in_parallel_get_their_own_answers(sessions: Sessions, simulator: RunningSimulator) -> None:
    guids = [d["guid"] for d in simulator.devices(limit=40)]
    opened = [sessions.open() for _ in range(8)]

    def ask(turn: int) -> list[str]:
        session = opened[turn]
        return [
            str(session.run("Get-MobileDevice", Identity=guid).records[0]["Guid"]) for guid in guids[turn * 5 :][:5]
        ]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))

    assert [guid for answer in answers for guid in answer] == guids


@pytest.mark.check("many waiting clients")
def test_waiting_clients_do_not_keep_a_short_cmdlet_waiting(
    connect: Connect, sessions: Sessions, simulator: RunningSimulator
) -> None:
    waiting = [connect(account) for account in ("discovery", "policy") for _ in range(18)]
    for client in waiting:
        client.open()
    with ThreadPoolExecutor(len(waiting)) as threads:
        parked = [threads.submit(client.receive, timeout="PT15S") for client in waiting]
        wait_until(
            lambda: simulator.counters()["parked_receives"] == len(waiting), timedelta(seconds=10), "parked Receives"
        )
        begin = time.monotonic()
        assert sessions.open().run("Get-ActiveSyncOrganizationSettings").errors == []
        assert time.monotonic() - begin < 3
        for client in waiting:
            ending = connect("discovery" if client.authorization == waiting[0].authorization else "policy")
            ending.shell_id = client.shell_id
            assert ending.delete().status == 200
        assert {p.result(timeout=10).fault_code for p in parked} == {"995"}


def test_opening_and_closing_leaves_nothing(sessions: Sessions, simulator: RunningSimulator) -> None:
    for _ in range(10):
        session = sessions.open()
        session.run("Get-MobileDevice", ResultSize=2)
        session.pool.close()
    counters = simulator.counters()
    assert (counters["open_shells"], counters["open_commands"]) == (0, 0)


def test_commands_of_one_shell_run_one_after_the_other(connect: Connect, simulator: RunningSimulator) -> None:
    client = connect()
    client.open()
    simulator.fault("slow", "Get-MobileDevice", seconds=0.6)
    slow = client.run("Get-MobileDevice")
    quick = client.run("Get-ActiveSyncOrganizationSettings")
    assert client.finish(quick)[-1].is_done
    assert [e["cmdlet"] for e in simulator.oracle()] == ["Get-MobileDevice", "Get-ActiveSyncOrganizationSettings"]
    client.finish(slow)
    client.delete()


@pytest.mark.check("quota of shells")
def test_shell_beyond_the_quota_is_refused_until_one_is_deleted(connect: Connect, simulator: RunningSimulator) -> None:
    clients = [connect("policy") for _ in range(19)]
    statuses = [c.create().status for c in clients]
    assert statuses == [200] * 18 + [500]

    refused = clients[-1].create()
    assert b"you have exceeded the maximum number of connections allowed : 18" in refused.body

    clients[0].delete()
    assert clients[-1].create().status == 200
    for client in clients[1:]:
        client.delete()
    assert simulator.counters()["open_shells"] == 0
