"""The ledger's clock is not the monitor's: what ends by the one is not taken for something that ended too early."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exconn.ledger import Outcome
from tests.integration.monitor.watched import LONG, Watched, watching
from tests.support.machine.fake_clock import FakeClock, valkey_with_clock
from tests.support.machine.processes import wait_until

SOON = timedelta(seconds=20)
AFTER_ITS_TIME = timedelta(hours=2)


@pytest.fixture
def clocks(tmp_path: Path) -> Iterator[tuple[Watched, FakeClock]]:
    with (
        valkey_with_clock(tmp_path / "faked") as (server, clock),
        server.client() as client,
        watching(client, tmp_path / "monitor.db") as watched,
    ):
        yield watched, clock


@pytest.mark.parametrize("is_set_back", [False, True], ids=["the monitor's clock is behind", "a server's was set back"])
def test_an_action_that_ran_out_by_the_ledgers_clock_is_no_finding(
    clocks: tuple[Watched, FakeClock], is_set_back: bool
) -> None:
    watched, clock = clocks
    job, before = watched.wipe(), watched.ledger.time()
    clock.set_by(AFTER_ITS_TIME)
    wait_until(lambda: watched.ledger.time() > before + AFTER_ITS_TIME, SOON, "the server's clock to be set")
    if is_set_back:
        clock.set_by(timedelta(0))
        wait_until(lambda: watched.ledger.clocks()[1] < before + SOON, SOON, "the server's clock to be set back")
    claim = watched.ledger.claim(job, "worker")
    assert claim is not None
    watched.ledger.settle(claim.lease, Outcome.EXPIRED)

    assert watched.found(LONG) == []
    assert watched.row(job)["outcome"] == Outcome.EXPIRED
