"""Sessions are kept warm, and let go when they broke, grew old, or others wait for their seat."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

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
from exconn.sessions.seats import Orphan, Renewal, Seat
from tests.support.machine.processes import wait_until

SOON = timedelta(seconds=10)
ENDPOINT = Endpoint(url="https://ex1/PowerShell/", username="svc", password="pw")
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


class Bench:
    """A keeper whose clock and sessions are ours."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.transports: list[FakeTransport] = []
        self.seats = FakeSeats()
        self.keeper = SessionPool(open_session=self._open, clock=lambda: self.now)

    def _open(self, _endpoint: Endpoint) -> Session:
        self.transports.append(FakeTransport(len(self.transports)))
        return Session(self.transports[-1], hosted=False)

    def use(self, failure: Exception | None = None) -> str:
        """Borrow a session for one command; the shell that served it."""
        with self.keeper.session(ENDPOINT, self.seats, role="actions") as session:
            self.transports[-1].failure = failure
            session.run(LOOK)
            return session.shell_id


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.keeper.close()


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
    with pytest.raises(KeyError), bench.keeper.session(ENDPOINT, bench.seats, role="actions"):
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
    with bench.keeper.session(ENDPOINT, bench.seats, role="actions") as session:
        assert session.shell_id == "SHELL-1"


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
    with bench.keeper.session(ENDPOINT, bench.seats, role="actions") as session:
        bench.seats.wanted = True
        bench.now += 6 * 60
        bench.keeper.close()
        session.run(LOOK)

    assert not bench.transports[0].closed


def test_a_session_whose_seat_was_lost_is_not_used_again(bench: Bench) -> None:
    with bench.keeper.session(ENDPOINT, bench.seats, role="actions"):
        bench.seats.lost = True
        bench.now += 30
        warm = next(iter(bench.keeper._warm.values()))
        wait_until(lambda: warm.seat_lost, SOON, "the loss to be noticed")

    assert bench.transports[0].closed


def test_without_a_seat_nothing_is_opened(bench: Bench) -> None:
    bench.seats.free = 0

    with pytest.raises(NoSeat) as caught:
        bench.use()

    assert (caught.value.account, caught.value.role) == ("svc", "actions")
    assert bench.transports == []


def test_a_failed_opening_gives_the_seat_back() -> None:
    def fail(_endpoint: Endpoint) -> Session:
        raise SessionGone("at once")

    keeper, seats = SessionPool(open_session=fail), FakeSeats()

    with pytest.raises(SessionGone), keeper.session(ENDPOINT, seats, role="policy"):
        pytest.fail("unreachable")
    assert seats.held == []


def test_one_thread_does_not_borrow_twice(bench: Bench) -> None:
    with (
        bench.keeper.session(ENDPOINT, bench.seats, role="actions"),
        pytest.raises(SessionMisuse),
        bench.keeper.session(ENDPOINT, bench.seats, role="actions"),
    ):
        pytest.fail("unreachable")


def test_closing_the_keeper_ends_what_is_idle(bench: Bench) -> None:
    bench.use()

    bench.keeper.close()

    assert bench.transports[0].closed
    assert bench.seats.held == []


ELSEWHERE = ENDPOINT.model_copy(update={"url": "https://ex2/PowerShell/"})


def test_a_session_moves_to_another_server_on_its_seat(bench: Bench) -> None:
    bench.use()

    with bench.keeper.session(ELSEWHERE, bench.seats, role="actions") as session:
        assert session.shell_id == "SHELL-1"

    assert bench.transports[0].closed
    assert len(bench.seats.held) == 1
    assert bench.keeper.url_of("svc", role="actions") == ELSEWHERE.url
    assert list(bench.seats.shells.values()) == [f"SHELL-1 {ELSEWHERE.url}"]


def test_a_session_that_can_not_move_stays_where_it_is(bench: Bench) -> None:
    bench.use()

    def fail(_endpoint: Endpoint) -> Session:
        raise SessionGone("at once")

    with (
        pytest.raises(SessionGone),
        bench.keeper.session(ELSEWHERE, bench.seats, role="actions", open_session=fail),
    ):
        pytest.fail("unreachable")

    assert bench.use() == "SHELL-0"
    assert len(bench.seats.held) == 1


def test_sessions_of_two_groups_do_not_meet(bench: Bench) -> None:
    """Two organizations may know an account of the same name."""
    bench.seats.free = 2
    with bench.keeper.session(ENDPOINT, bench.seats, role="actions", group="north") as north:
        first = north.shell_id
    with bench.keeper.session(ENDPOINT, bench.seats, role="actions", group="south") as south:
        assert south.shell_id != first


def test_a_session_is_let_go_well_before_the_server_would_end_it(bench: Bench) -> None:
    bench.use()
    bench.transports[0].idle_limit = timedelta(seconds=100)
    bench.now += 51

    wait_until(lambda: bench.transports[0].closed and not bench.seats.held, SOON, "the end of the idle session")


def test_a_session_that_the_server_may_have_ended_is_replaced_without_being_asked(bench: Bench) -> None:
    with bench.keeper.session(ENDPOINT, bench.seats, role="actions"):
        bench.transports[0].idle_limit = timedelta(seconds=10)
        warm = next(iter(bench.keeper._warm.values()))
        bench.keeper._stop.set()
    warm.used -= 6

    assert bench.use() == "SHELL-1"
    assert bench.transports[0].ran == []


def test_an_old_idle_session_is_ended_in_the_background(bench: Bench) -> None:
    bench.use()
    warm = next(iter(bench.keeper._warm.values()))
    warm.opened -= 31 * 60

    wait_until(lambda: bench.transports[0].closed and not bench.seats.held, SOON, "the end of the old session")


def test_shells_of_the_dead_are_ended_by_the_living(bench: Bench) -> None:
    ended: list[Orphan] = []
    lost = Orphan("SHELL-9", "https://ex1/PowerShell/")
    with bench.keeper.session(ENDPOINT, bench.seats, role="actions", end_orphan=ended.append):
        bench.seats.left = [lost]
        bench.now += 6

        wait_until(lambda: ended, SOON, "the orphan to be ended")

    assert ended == [lost]


def test_after_an_outage_of_the_seats_nobody_is_taken_for_dead(bench: Bench) -> None:
    ended: list[Orphan] = []
    with bench.keeper.session(ENDPOINT, bench.seats, role="actions", end_orphan=ended.append):
        bench.seats.left = [Orphan("SHELL-9", "https://ex1/PowerShell/")]
        warm = next(iter(bench.keeper._warm.values()))
        bench.now += bench.seats.ttl.total_seconds() + 1
        wait_until(lambda: warm.late, SOON, "the late renewal")
        assert ended == []

        bench.now += bench.seats.ttl.total_seconds() / 3 + 1
        wait_until(lambda: ended, SOON, "the orphan to be ended once all could renew")


def test_seats_are_renewed_while_the_end_of_an_orphan_takes_long(bench: Bench) -> None:
    waiting, goes_on = threading.Event(), threading.Event()

    def slow(_orphan: Orphan) -> None:
        waiting.set()
        goes_on.wait(SOON.total_seconds())

    with bench.keeper.session(ENDPOINT, bench.seats, role="actions", end_orphan=slow):
        bench.seats.left = [Orphan("SHELL-9", "https://ex1/PowerShell/")]
        bench.now += 6
        assert waiting.wait(SOON.total_seconds())
        warm = next(iter(bench.keeper._warm.values()))
        bench.now += bench.seats.ttl.total_seconds() / 2

        try:
            wait_until(lambda: warm.renewed == bench.now, SOON, "the renewal of the seat")
        finally:
            goes_on.set()


def test_the_dead_of_every_account_are_looked_for(bench: Bench) -> None:
    ended: list[Orphan] = []
    others, other = FakeSeats(), Endpoint(url="https://ex1/PowerShell/", username="svc2", password="pw")
    keeper = bench.keeper
    with (
        keeper.session(ENDPOINT, bench.seats, role="actions", end_orphan=ended.append),
        keeper.session(other, others, role="actions", end_orphan=ended.append),
    ):
        others.left = [Orphan("SHELL-9", "https://ex1/PowerShell/")]
        bench.now += 6

        wait_until(lambda: ended, SOON, "the orphan of the second account to be ended")


def test_seats_are_renewed_after_an_end_that_failed_in_an_unforeseen_way(bench: Bench) -> None:
    failed = threading.Event()

    def fail(_orphan: Orphan) -> None:
        failed.set()
        raise LookupError("unforeseen")

    with bench.keeper.session(ENDPOINT, bench.seats, role="actions", end_orphan=fail):
        bench.seats.left = [Orphan("SHELL-9", "https://ex1/PowerShell/")]
        bench.now += 6
        assert failed.wait(SOON.total_seconds())
        warm = next(iter(bench.keeper._warm.values()))
        bench.now += bench.seats.ttl.total_seconds() / 2

        wait_until(lambda: warm.renewed == bench.now, SOON, "the renewal of the seat")
