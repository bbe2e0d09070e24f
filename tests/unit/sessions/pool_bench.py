"""A pool of sessions whose clock, account and ways to Exchange are the test's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from pydantic import SecretStr

from exconn.contracts.roles import AccountRole
from exconn.exchange import (
    Batch,
    Command,
    Endpoint,
    Session,
)
from exconn.sessions.pool import SessionPool
from exconn.sessions.pooled_session import PooledSession
from exconn.sessions.seats import Orphan, Renewal, Seat

SOON = timedelta(seconds=10)
ENDPOINT = Endpoint(url="https://ex1/PowerShell/", username="svc", password=SecretStr("pw"))
LOOK = Command("Get-ActiveSyncOrganizationSettings")


class FakeTransport:
    """A way to Exchange that fails as it is told."""

    server = "ex1"
    idle_limit: timedelta | None = None
    answering_server = ""

    def __init__(self, number: int) -> None:
        self.session_id = f"SHELL-{number}"
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
        self.sessions: dict[str, str] = {}
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

    def opened(self, seat: Seat, *, session_id: str, url: str) -> None:
        self.sessions[seat.holder] = f"{session_id} {url}"

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
            return pooled.session.session_id
