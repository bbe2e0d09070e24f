"""Many clients, and for long: nothing starves, nothing leaks."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.exchange.raw_wsman import RawClient
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.machine.processes import wait_until

WAITING = 100
WARM_UP, ROUNDS = 40, 120
TERMINATE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/terminate"


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path, devices=60, shell_limit=WAITING + 5) as simulator:
        yield simulator


def memory_and_threads(simulator: RunningSimulator) -> tuple[int, int]:
    """Resident kilobytes, and threads."""
    status = Path(f"/proc/{simulator.process.pid}/status").read_text()
    found = [re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE) for name in ("VmRSS", "Threads")]
    kilobytes, threads = (int(f.group(1)) for f in found if f is not None)
    return kilobytes, threads


@pytest.mark.check("many waiting clients")
def test_a_hundred_waiting_clients_do_not_starve_a_short_cmdlet(roomy: RunningSimulator) -> None:
    with ExitStack() as stack:
        clients = [RawClient(roomy) for _ in range(WAITING + 1)]
        for client in clients:
            stack.callback(client.close)
            client.open()
        *waiting, busy = clients
        threads = stack.enter_context(ThreadPoolExecutor(WAITING))
        parked = [threads.submit(client.receive, timeout="PT60S") for client in waiting]
        wait_until(lambda: roomy.counters()["parked_receives"] == WAITING, timedelta(seconds=30), "parked Receives")

        begin = time.monotonic()
        assert busy.finish(busy.run("Get-ActiveSyncOrganizationSettings"))[-1].is_done
        took = time.monotonic() - begin
        assert not any(p.done() for p in parked)

        for client in waiting:
            busy.shell_id = client.shell_id
            busy.delete()
        assert {p.result(timeout=30).fault_code for p in parked} == {"995"}
    assert took < 5


@pytest.mark.check("long loop")
def test_opening_running_and_closing_for_long_leaks_nothing(roomy: RunningSimulator) -> None:
    before = (0, 0)
    for round_ in range(WARM_UP + ROUNDS):
        client = RawClient(roomy)
        client.open()
        command = client.run("Get-MobileDevice", ("ResultSize", '<I32 N="V">5</I32>'))
        client.finish(command)
        assert client.signal(TERMINATE, command).status == 200
        assert client.delete().status == 200
        client.close()
        if round_ == WARM_UP:
            before = memory_and_threads(roomy)

    counters = roomy.counters()
    assert (counters["open_shells"], counters["open_commands"], counters["parked_receives"]) == (0, 0, 0)
    wait_until(lambda: memory_and_threads(roomy)[1] <= before[1] + 1, timedelta(seconds=10), "threads that end")
    assert memory_and_threads(roomy)[0] - before[0] < 4096
