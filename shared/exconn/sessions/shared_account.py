"""An Exchange account as one role of a connector uses it; seats, throttling and refusals are shared by all workers."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from exconn.contracts.roles import AccountRole
from exconn.exchange import Endpoint, NoSeat, Session, Throttled, TooManySessions, TriesUsedUp, end_session, is_refusal
from exconn.sessions.account_watch import AccountWatch
from exconn.sessions.announcer import Announcer
from exconn.sessions.seats import SeatCount
from exconn.sessions.sign_in import SignIns
from exconn.sessions.throttle import Throttle

if TYPE_CHECKING:
    import redis

T = TypeVar("T")

#: A killed worker's seats are taken for this long; renewed every third of it.
SEAT_TTL = timedelta(seconds=20)


class SharedAccount:
    """An account, and what all workers together may do with it."""

    def __init__(
        self,
        client: "redis.Redis",
        connector: str,
        username: str,
        role: AccountRole,
        *,
        seats: tuple[int, int],
        seat_ttl: timedelta = SEAT_TTL,
        announcer: Announcer,
    ) -> None:
        total, for_actions = seats
        self.connector = connector
        self.username = username
        self.role = role
        self.seats = SeatCount(client, connector, username, limit=total, reserved_for_actions=for_actions, ttl=seat_ttl)
        self._throttle = Throttle(client, connector, username)
        self._sign_ins = SignIns(client, connector, username)
        self.announcer = announcer

    def check_throttle(self) -> None:
        """Raises Throttled while Exchange, asked by any worker, wants nothing of this account."""
        wait = self._throttle.look().wait(self.role)
        if wait:
            raise Throttled(wait)

    def sign_in(self, endpoint: Endpoint) -> Session:
        """Open a session, within the limit of tries.

        Raises NoSeat while others sign in, Throttled while the account has too many sessions, TriesUsedUp while
        refusals are fresh, and what opening raises.
        """
        full = self._throttle.look().sessions
        if full:
            raise TooManySessions(full)
        token = self._begin_try(endpoint)
        try:
            session = Session.open(endpoint)
        except BaseException as exc:
            self._end_failed_try(token, exc)
            raise
        self._sign_ins.give_back(token)
        session.watch = self._watch()
        return session

    def end_session(self, endpoint: Endpoint, session_id: str) -> None:
        """End a session that was left behind; one that is gone is fine. Its password counts as a try like any other.

        Raises NoSeat while others sign in, TriesUsedUp while refusals are fresh, and what ending raises.
        """
        token = self._begin_try(endpoint)
        try:
            end_session(endpoint, session_id)
        except BaseException as exc:
            self._end_failed_try(token, exc)
            raise
        self._sign_ins.give_back(token)

    def show_secret(self, endpoint: Endpoint, call: Callable[[], T], *, is_refused: Callable[[T], bool]) -> T:
        """What a call answers that shows the account's secret to a domain controller: a try to sign in like any other.

        Raises NoSeat while others sign in, TriesUsedUp while refusals are fresh, and what the call raises.
        """
        token = self._begin_try(endpoint)
        try:
            answer = call()
        except BaseException as exc:
            self._end_failed_try(token, exc)
            raise
        if is_refused(answer):
            self._sign_ins.refused(token)
        else:
            self._sign_ins.give_back(token)
        return answer

    def _begin_try(self, endpoint: Endpoint) -> str:
        sign_in = self._sign_ins.begin()
        if sign_in.token:
            return sign_in.token
        if sign_in.all_refused:
            raise TriesUsedUp(endpoint.server, self.username, sign_in.wait)
        # A try under way decides: where it is accepted, the account is well, and nobody need be asked.
        raise NoSeat(self.username, self.role)

    def _end_failed_try(self, token: str, error: BaseException) -> None:
        if is_refusal(error):
            self._sign_ins.refused(token)
            return
        self._sign_ins.give_back(token)
        if isinstance(error, Throttled):
            self._watch().failed(error)

    def _watch(self) -> AccountWatch:
        return AccountWatch(self.role, self._throttle, self._sign_ins)
