"""One account's share of a connector: its seats, its pace, and how it signs in; all shared over the workers."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.contracts.roles import AccountRole
from exconn.exchange import Endpoint, NoSeat, Session, Throttled, TooManyShells, Unauthorized, end_shell, is_refusal
from exconn.sessions.account_watch import AccountWatch
from exconn.sessions.seats import SeatCount
from exconn.sessions.sign_in import SignIns
from exconn.sessions.throttle import Throttle

if TYPE_CHECKING:
    import redis

#: A killed worker's seats are taken for this long; renewed every third of it.
SEAT_TTL = timedelta(seconds=20)


class SharedAccount:
    """An Exchange account as all workers of a connector use it. `tell_refused` announces a refusal that is news."""

    def __init__(
        self,
        client: "redis.Redis",
        connector: str,
        username: str,
        *,
        seats: tuple[int, int],
        seat_ttl: timedelta = SEAT_TTL,
        tell_refused: Callable[[], None],
    ) -> None:
        total, for_actions = seats
        self.username = username
        self.seats = SeatCount(client, connector, username, limit=total, reserved_for_actions=for_actions, ttl=seat_ttl)
        self._pace = Throttle(client, connector, username)
        self._sign_ins = SignIns(client, connector, username)
        self._tell_refused = tell_refused

    def check_pace(self, role: AccountRole) -> None:
        """Raises Throttled while Exchange, asked by any worker, wants nothing of this account."""
        wait = self._pace.look().wait(role)
        if wait:
            raise Throttled(wait)

    def sign_in(self, endpoint: Endpoint, role: AccountRole) -> Session:
        """Open a session, within the limit of tries.

        Raises NoSeat while others sign in, Throttled while the account has too many shells, Unauthorized while a
        refusal is fresh, and what opening raises.
        """
        shells = self._pace.look().shells
        if shells:
            raise TooManyShells(shells)
        token = self._leave(endpoint, role)
        try:
            session = Session.open(endpoint)
        except BaseException as exc:
            self._not_opened(token, role, exc)
            raise
        self._sign_ins.give_back(token)
        session.watch = self._watch(role)
        return session

    def end_shell(self, endpoint: Endpoint, role: AccountRole, shell_id: str) -> None:
        """End a shell that was left behind; one that is gone is fine. Its password counts as a try like any other.

        Raises NoSeat while others sign in, Unauthorized while a refusal is fresh, and what ending raises.
        """
        token = self._leave(endpoint, role)
        try:
            end_shell(endpoint, shell_id)
        except BaseException as exc:
            self._not_opened(token, role, exc)
            raise
        self._sign_ins.give_back(token)

    def _leave(self, endpoint: Endpoint, role: AccountRole) -> str:
        leave = self._sign_ins.begin()
        if leave.token:
            return leave.token
        if leave.all_refused:
            raise self._refused_before(endpoint, leave.wait)
        # A try under way decides: where it is accepted, the account is well, and nobody need be asked.
        raise NoSeat(self.username, role)

    def _refused_before(self, endpoint: Endpoint, wait: timedelta) -> Unauthorized:
        again = f"refused a moment ago, and not tried again for {wait.total_seconds():.0f} seconds"
        return Unauthorized(endpoint.server, self.username, again)

    def _not_opened(self, token: str, role: AccountRole, error: BaseException) -> None:
        if not is_refusal(error):
            self._sign_ins.give_back(token)
            if isinstance(error, Throttled):
                self._watch(role).failed(error)
        elif self._sign_ins.refused(token):
            self._tell_refused()

    def _watch(self, role: AccountRole) -> AccountWatch:
        return AccountWatch(self._pace, self._sign_ins, role, tell_refused=self._tell_refused)
