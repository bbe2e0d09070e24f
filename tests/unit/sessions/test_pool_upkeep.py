"""What happens to pooled sessions in the background: renewed seats, ended shells, and what a fork leaves alone."""

import multiprocessing
import threading

import pytest

from exconn.sessions.seats import Orphan
from tests.support.machine.processes import wait_until
from tests.unit.sessions.pool_bench import SOON, Bench, FakeAccount

pytestmark = pytest.mark.slow


def test_an_old_idle_session_is_ended_in_the_background(bench: Bench) -> None:
    with bench.lent() as pooled:
        pooled.opened -= 31 * 60

    wait_until(lambda: bench.transports[0].closed and not bench.seats.held, SOON, "the end of the old session")


LOST = Orphan("SHELL-9", "https://ex1/PowerShell/")


def test_shells_of_the_dead_are_ended_by_the_living(bench: Bench) -> None:
    with bench.lent():
        bench.seats.left = [LOST]
        bench.now += 6

        wait_until(lambda: bench.account.ended, SOON, "the orphan to be ended")

    assert bench.account.ended == [LOST]


def test_after_the_seats_could_not_be_renewed_nobody_is_taken_for_dead(bench: Bench) -> None:
    with bench.lent() as pooled:
        bench.seats.left = [LOST]
        bench.now += bench.seats.ttl.total_seconds() + 1
        wait_until(lambda: pooled.late, SOON, "the late renewal")
        assert bench.account.ended == []

        bench.now += bench.seats.ttl.total_seconds() / 3 + 1
        wait_until(lambda: bench.account.ended, SOON, "the orphan to be ended once all could renew")


def test_seats_are_renewed_while_the_end_of_an_orphan_takes_long(bench: Bench) -> None:
    waiting, goes_on = threading.Event(), threading.Event()

    def slow() -> None:
        waiting.set()
        goes_on.wait(SOON.total_seconds())

    bench.account.when_ending = slow
    with bench.lent() as pooled:
        bench.seats.left = [LOST]
        bench.now += 6
        assert waiting.wait(SOON.total_seconds())
        bench.now += bench.seats.ttl.total_seconds() / 2

        try:
            wait_until(lambda: pooled.renewed == bench.now, SOON, "the renewal of the seat")
        finally:
            goes_on.set()


def test_the_dead_of_every_account_are_looked_for(bench: Bench) -> None:
    other = FakeAccount(username="svc2")
    with bench.lent(), bench.lent(other):
        other.seats.left = [LOST]
        bench.now += 6

        wait_until(lambda: other.ended, SOON, "the orphan of the second account to be ended")


def test_seats_are_renewed_after_an_end_that_failed_in_an_unforeseen_way(bench: Bench) -> None:
    failed = threading.Event()

    def fail() -> None:
        failed.set()
        raise LookupError("unforeseen")

    bench.account.when_ending = fail
    with bench.lent() as pooled:
        bench.seats.left = [LOST]
        bench.now += 6
        assert failed.wait(SOON.total_seconds())
        bench.now += bench.seats.ttl.total_seconds() / 2

        wait_until(lambda: pooled.renewed == bench.now, SOON, "the renewal of the seat")


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_opens_its_own_session_and_leaves_the_parents_alone(bench: Bench) -> None:
    bench.seats.free = 2
    bench.use()
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[tuple[str | None, str, bool]] = context.Queue()

    def in_child() -> None:
        kept = bench.pool.url_of(bench.account)
        shell = bench.use()
        bench.pool.close()
        answers.put((kept, shell, bench.transports[0].closed))

    child = context.Process(target=in_child)
    child.start()
    answer = answers.get(timeout=SOON.total_seconds())
    child.join(SOON.total_seconds())

    assert answer == (None, "SHELL-1", False)
    assert bench.use() == "SHELL-0"
