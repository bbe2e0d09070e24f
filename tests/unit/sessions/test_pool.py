"""Sessions are kept open between jobs, and let go when they broke, grew old, or others wait for their seat."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from pydantic import SecretStr
from redis.exceptions import ConnectionError as RedisConnectionError

from exconn.contracts.roles import AccountRole
from exconn.exchange import (
    Ambiguous,
    Batch,
    Command,
    Endpoint,
    NoSeat,
    ObjectNotFound,
    Session,
    SessionGone,
    SessionMisuse,
)
from exconn.sessions.pool import SessionPool
from exconn.sessions.pooled_session import PooledSession
from exconn.sessions.seats import Orphan, Renewal, Seat
from tests.support.machine.processes import wait_until

SOON = timedelta(seconds=10)
ENDPOINT = Endpoint(url="https://ex1/PowerShell/", username="svc", password=SecretStr("pw"))
LOOK = Command("Get-ActiveSyncOrganizationSettings")


class FakeTransport:
    """A way to Exchange that fails as it is told."""

    server = "ex1"
    idle_limit: timedelta | None = None

    def __init__(self, number: int) -> None:
        self.shell_id = f"SHELL-{number}"
        self.failure: Exception | None = None
        self.ran: list[str] = []
        self.closed = False

    def open(self) -> None:
        return

    def run(self, command: Command) -> Iterator[Batch]:
        self.ran.append(command.cmdlet)
        if self.failure is not None:
            raise self.failure
        yield Batch([{"Guid": "g"}])

    def close(self) -> None:
        self.closed = True


class FakeSeats:
    """A number of seats."""

    ttl = timedelta(seconds=60)

    def __init__(self, free: int = 1) -> None:
        self.free = free
        self.held: list[Seat] = []
        self.wanted = False
        self.lost = False
        self.shells: dict[str, str] = {}
        self.left: list[Orphan] = []

    def take(self, role: AccountRole) -> Seat | None:
        if len(self.held) >= self.free:
            return None
        self.held.append(Seat(f"{role}:{len(self.held)}", role))
        return self.held[-1]

    def renew(self, seat: Seat) -> Renewal:
        return Renewal(held=not self.lost, wanted=self.wanted)

    def give_back(self, seat: Seat) -> None:
        self.held.remove(seat)

    def opened(self, seat: Seat, *, shell_id: str, url: str) -> None:
        self.shells[seat.holder] = f"{shell_id} {url}"

    def orphans(self) -> list[Orphan]:
        found, self.left = self.left, []
        return found


class FakeAccount:
    """An account whose sessions come over fake transports."""

    role: AccountRole = "actions"

    def __init__(self, connector: str = "north", username: str = "svc") -> None:
        self.connector = connector
        self.username = username
        self.seats = FakeSeats()
        self.transports: list[FakeTransport] = []
        self.refuses: Exception | None = None
        self.ended: list[Orphan] = []
        self.when_ending: Callable[[], object] = lambda: None

    def sign_in(self, _endpoint: Endpoint, /) -> Session:
        if self.refuses is not None:
            raise self.refuses
        self.transports.append(FakeTransport(len(self.transports)))
        return Session(self.transports[-1], hosted=False)

    def end_orphan(self, orphan: Orphan) -> None:
        self.when_ending()
        self.ended.append(orphan)


class Bench:
    """A pool whose clock and sessions are ours."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.account = FakeAccount()
        self.pool = SessionPool(clock=lambda: self.now)

    @property
    def seats(self) -> FakeSeats:
        return self.account.seats

    @property
    def transports(self) -> list[FakeTransport]:
        return self.account.transports

    @contextmanager
    def lent(self, account: FakeAccount | None = None, endpoint: Endpoint = ENDPOINT) -> Iterator[PooledSession]:
        """A session between check-out and check-in."""
        pooled = self.pool.check_out(account or self.account, endpoint)
        try:
            yield pooled
        finally:
            self.pool.check_in(pooled)

    def use(self, failure: Exception | None = None) -> str:
        """Borrow a session for one command; the shell that served it."""
        with self.lent() as pooled:
            self.transports[-1].failure = failure
            pooled.session.run(LOOK)
            return pooled.session.shell_id


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.pool.close()


def test_the_same_session_serves_again_and_keeps_its_seat(bench: Bench) -> None:
    assert bench.use() == bench.use()

    assert len(bench.seats.held) == 1
    assert not bench.transports[0].closed


@pytest.mark.parametrize(
    "failure",
    [SessionGone("gone"), Ambiguous("Clear-MobileDevice", "ex1", "S", "x"), ValueError("a soft time limit, say")],
    ids=lambda e: type(e).__name__,
)
def test_a_session_that_broke_is_ended_with_its_seat(bench: Bench, failure: Exception) -> None:
    with pytest.raises(type(failure)):
        bench.use(failure)

    assert bench.transports[0].closed
    assert bench.seats.held == []
    assert bench.use() == "SHELL-1"


def test_a_clear_answer_does_not_cost_the_session(bench: Bench) -> None:
    with pytest.raises(ObjectNotFound):
        bench.use(ObjectNotFound("Get-MobileDevice", "an object", "dc1"))

    assert bench.use() == "SHELL-0"


def test_an_error_of_the_borrower_does_not_cost_the_session(bench: Bench) -> None:
    with pytest.raises(KeyError), bench.lent():
        raise KeyError

    assert bench.use() == "SHELL-0"


def test_an_old_session_is_replaced(bench: Bench) -> None:
    bench.use()
    for _ in range(31):
        bench.now += 59
        bench.use()

    assert bench.transports[0].closed
    assert not bench.transports[-1].closed
    assert len(bench.seats.held) == 1


def test_a_session_that_was_silent_long_is_asked_before_it_is_used(bench: Bench) -> None:
    bench.use()
    bench.now += 61

    assert bench.use() == "SHELL-0"
    assert "Get-Command" in bench.transports[0].ran

    bench.now += 61
    bench.transports[0].failure = SessionGone("gone")
    with bench.lent() as pooled:
        assert pooled.session.shell_id == "SHELL-1"


def test_a_session_that_could_not_be_asked_is_not_in_use_for_ever(bench: Bench) -> None:
    """Such as while what workers share is out of reach."""
    bench.use()
    bench.now += 61
    bench.transports[0].failure = RedisConnectionError("refused")
    with pytest.raises(RedisConnectionError):
        bench.use()

    assert bench.use() == "SHELL-1"
    assert len(bench.seats.held) == 1


def test_an_idle_session_is_ended_in_the_background(bench: Bench) -> None:
    bench.use()
    bench.now += 5 * 60 + 1

    wait_until(lambda: bench.transports[0].closed and not bench.seats.held, SOON, "the end of the idle session")


def test_a_seat_that_others_want_is_given_back_soon(bench: Bench) -> None:
    bench.use()
    bench.seats.wanted = True
    bench.now += 3

    wait_until(lambda: bench.transports[0].closed and not bench.seats.held, SOON, "the seat to be free")


def test_a_session_in_use_is_not_taken_away(bench: Bench) -> None:
    bench.use()
    with bench.lent() as pooled:
        bench.seats.wanted = True
        bench.now += 6 * 60
        bench.pool.close()
        pooled.session.run(LOOK)

    assert not bench.transports[0].closed


def test_a_session_whose_seat_was_lost_is_not_used_again(bench: Bench) -> None:
    with bench.lent() as pooled:
        bench.seats.lost = True
        bench.now += 30
        wait_until(lambda: pooled.seat_lost, SOON, "the loss to be noticed")

    assert bench.transports[0].closed


def test_without_a_seat_nothing_is_opened(bench: Bench) -> None:
    bench.seats.free = 0

    with pytest.raises(NoSeat) as caught:
        bench.use()

    assert (caught.value.account, caught.value.role) == ("svc", "actions")
    assert bench.transports == []


def test_a_failed_opening_gives_the_seat_back(bench: Bench) -> None:
    bench.account.refuses = SessionGone("at once")

    with pytest.raises(SessionGone):
        bench.use()
    assert bench.seats.held == []


def test_one_thread_does_not_borrow_twice(bench: Bench) -> None:
    with (
        bench.lent(),
        pytest.raises(SessionMisuse),
        bench.lent(),
    ):
        pytest.fail("unreachable")


def test_closing_the_pool_ends_what_is_idle(bench: Bench) -> None:
    bench.use()

    bench.pool.close()

    assert bench.transports[0].closed
    assert bench.seats.held == []


ELSEWHERE = ENDPOINT.model_copy(update={"url": "https://ex2/PowerShell/"})


def test_a_session_moves_to_another_server_on_its_seat(bench: Bench) -> None:
    bench.use()

    with bench.lent(endpoint=ELSEWHERE) as pooled:
        assert pooled.session.shell_id == "SHELL-1"

    assert bench.transports[0].closed
    assert len(bench.seats.held) == 1
    assert bench.pool.url_of(bench.account) == ELSEWHERE.url
    assert list(bench.seats.shells.values()) == [f"SHELL-1 {ELSEWHERE.url}"]


def test_a_session_that_can_not_move_stays_where_it_is(bench: Bench) -> None:
    bench.use()
    bench.account.refuses = SessionGone("at once")

    with pytest.raises(SessionGone):
        bench.pool.check_out(bench.account, ELSEWHERE)

    assert bench.use() == "SHELL-0"
    assert len(bench.seats.held) == 1


def test_sessions_of_two_connectors_do_not_meet(bench: Bench) -> None:
    """Two organizations may know an account of the same name."""
    north, south = FakeAccount("north"), FakeAccount("south")
    with bench.lent(north) as pooled:
        first = pooled.session
    with bench.lent(south) as pooled:
        assert pooled.session is not first


def test_a_session_is_let_go_well_before_the_server_would_end_it(bench: Bench) -> None:
    bench.use()
    bench.transports[0].idle_limit = timedelta(seconds=100)
    bench.now += 51

    wait_until(lambda: bench.transports[0].closed and not bench.seats.held, SOON, "the end of the idle session")


def test_a_session_that_the_server_may_have_ended_is_replaced_without_being_asked(bench: Bench) -> None:
    with bench.lent() as pooled:
        bench.transports[0].idle_limit = timedelta(seconds=10)
        bench.pool._upkeep.stop()
    pooled.used -= 6

    assert bench.use() == "SHELL-1"
    assert bench.transports[0].ran == []


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
